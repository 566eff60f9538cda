"""Alignment puts the states of all modalities on one clock, before the fusion.

Each way of alignment multiplies the states (B, T, D) by a matrix of weights (B, T', T), which says how much each step of the
clock takes from each row of the modality. The matrix is made from times and masks alone. So gradients reach encoders that
learn, and the exported graph holds the whole alignment.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from mien.recipe.sections import Alignment
from mien.types import Modality


class Encoded(NamedTuple):
    """The outputs of the encoders, each a list over the modalities.

    Attributes:
        states: float (B, T, D).
        masks: bool (B, T); all false where the modality is absent.
        quality: float (B, Q).
        times: float (B, T) seconds; padding repeats the last time.
    """

    states: list[Tensor]
    masks: list[Tensor]
    quality: list[Tensor]
    times: list[Tensor]


def from_the_start(encoded: Encoded) -> Encoded:
    """Count times from the earliest row of each example, because the place of an utterance in a video must change nothing."""
    first = [t.masked_fill(~m, torch.inf).amin(dim=1) for t, m in zip(encoded.times, encoded.masks, strict=True)]
    start = torch.stack(first).amin(dim=0)
    start = start.masked_fill(start.isinf(), 0.0).unsqueeze(1)
    return encoded._replace(times=[(t - start).clamp(min=0.0) for t in encoded.times])


def clock(how: Alignment, encoded: Encoded) -> Tensor | None:
    """The step numbers 0, 1, ... of a clock with a rate, float (T',), for the longest example; ``None`` for other clocks.

    ``align`` takes them as an argument, because T' depends on values, which a graph cannot turn into a size. A bundle makes
    them for its graph (``bundle/graphs.py``).
    """
    if not how.has_rate:
        return None
    end = _last(from_the_start(encoded)).amax()
    return torch.arange(how.steps(float(end)), dtype=torch.float32, device=end.device)


def align(how: Alignment, modalities: Sequence[Modality], encoded: Encoded, steps: Tensor | None) -> Encoded:
    """All modalities on one clock of T' steps. Where ``how.how`` is "none", only the times change: they count from the start.

    A step for which a modality has no row is masked. An absent modality stays absent, and one that is present has at least
    one step.

    Args:
        how: ``[align]`` of the recipe.
        modalities: in the order of the lists.
        encoded: outputs of the encoders, with times on the clip's clock.
        steps: see ``clock``; additional steps change nothing.
    """
    encoded = from_the_start(encoded)
    if how.how == "none":
        return encoded
    if how.how == "words":
        return _onto_words(encoded, modalities.index("text"))
    if how.how == "utterance" or steps is None:
        return _apply(encoded, [_equally(m.unsqueeze(1)) for m in encoded.masks], _last(encoded) / 2)
    place = _Place(steps.unsqueeze(0), how.rate, how.window)
    end = torch.floor(_last(encoded) * how.rate)
    until = (place.steps <= end).unsqueeze(2)
    weights = [_WAYS[how.how](m, t, place) * until for m, t in zip(encoded.masks, encoded.times, strict=True)]
    return _apply(encoded, weights, torch.minimum(place.centres, (end + 0.5) / how.rate))


class _Place(NamedTuple):
    """Step numbers (1, T'), steps per second, and length of the window around a centre in seconds."""

    steps: Tensor
    rate: float
    window: float

    @property
    def centres(self) -> Tensor:
        """Middles of the steps in seconds, (1, T'). Step k covers [k, k + 1) / rate."""
        return (self.steps + 0.5) / self.rate

    def covers(self, first: Tensor, last: Tensor) -> Tensor:
        """Which steps overlap the time from ``first`` to ``last`` (B, 1): float (B, T', 1)."""
        # This compares steps and not seconds, so that rounding cannot leave a time outside all steps.
        here = (self.steps >= torch.floor(first * self.rate)) & (self.steps <= torch.floor(last * self.rate))
        return here.float().unsqueeze(2)


def _resample(mask: Tensor, times: Tensor, place: _Place) -> Tensor:
    """Linear interpolation between the row before a centre and the row after it (hat weights)."""
    first, last = _ends(mask, times)
    at = torch.maximum(torch.minimum(place.centres, last), first)
    gap = times.unsqueeze(1) - at.unsqueeze(2)
    before, after = mask.unsqueeze(1) & (gap <= 0), mask.unsqueeze(1) & (gap > 0)
    left = gap.masked_fill(~before, -torch.inf).amax(dim=2, keepdim=True)
    right = gap.masked_fill(~after, torch.inf).amin(dim=2, keepdim=True)
    share = torch.where(right.isinf(), torch.ones_like(right), right / (right - left))
    weights = share * _equally(before & (gap == left)) + (1 - share) * _equally(after & (gap == right))
    return weights * place.covers(first, last)


def _nearest(mask: Tensor, times: Tensor, place: _Place) -> Tensor:
    """The row nearest to a centre; the earlier one where two are equally near."""
    far = (times.unsqueeze(1) - place.centres.unsqueeze(2)).abs().masked_fill(~mask.unsqueeze(1), torch.inf)
    chosen = torch.arange(times.shape[1], device=times.device) == far.argmin(dim=2, keepdim=True)
    return chosen * place.covers(*_ends(mask, times))


def _window(mask: Tensor, times: Tensor, place: _Place) -> Tensor:
    """Mean of the rows in a window around a centre."""
    # This compares steps and not seconds, so that rounding cannot leave a row outside all windows.
    at = (times * place.rate).unsqueeze(1) - place.steps.unsqueeze(2)
    reach = place.window * place.rate / 2
    return _equally(mask.unsqueeze(1) & (at >= 0.5 - reach) & (at < 0.5 + reach))


_WAYS: dict[str, Callable[[Tensor, Tensor, _Place], Tensor]] = {
    "resample": _resample,
    "nearest": _nearest,
    "window": _window,
}


def _onto_words(encoded: Encoded, text: int) -> Encoded:
    """Each row goes to the nearest token in time, or to several that are equally near. The text stays as it is.

    Where an example has no text, all rows of a modality go to one step.
    """
    words, said = encoded.times[text], encoded.masks[text]
    first = torch.arange(said.shape[1], device=said.device) == 0
    steps = said | (first & ~said.any(dim=1, keepdim=True))
    weights = []
    for index, (mask, times) in enumerate(zip(encoded.masks, encoded.times, strict=True)):
        far = (times.unsqueeze(1) - words.unsqueeze(2)).abs().masked_fill(~steps.unsqueeze(2), torch.inf)
        own = torch.arange(said.shape[1], device=said.device)
        mine = own.unsqueeze(1) == own if index == text else far == far.amin(dim=1, keepdim=True)
        weights.append(_equally(mine & steps.unsqueeze(2) & mask.unsqueeze(1)))
    return _apply(encoded, weights, words)


def _apply(encoded: Encoded, weights: list[Tensor], times: Tensor) -> Encoded:
    states, masks = [], []
    for rows, mask, weight in zip(encoded.states, encoded.masks, weights, strict=True):
        shares = weight / weight.sum(dim=2, keepdim=True).clamp(min=1e-6)
        states.append(shares @ torch.where(mask.unsqueeze(2), rows, torch.zeros_like(rows)))
        masks.append(weight.sum(dim=2) > 0)
    return Encoded(states, masks, encoded.quality, [times.expand(masks[0].shape)] * len(states))


def _equally(chosen: Tensor) -> Tensor:
    """Turn bool (B, T', T) into weights that are equal over the chosen places of each row."""
    return chosen / chosen.sum(dim=2, keepdim=True).clamp(min=1)


def _ends(mask: Tensor, times: Tensor) -> tuple[Tensor, Tensor]:
    """Times of the first and the last row, (B, 1) each; infinity and minus infinity where there is no row."""
    first = times.masked_fill(~mask, torch.inf).amin(dim=1, keepdim=True)
    return first, times.masked_fill(~mask, -torch.inf).amax(dim=1, keepdim=True)


def _last(encoded: Encoded) -> Tensor:
    """Time of the last row of any modality of each example, (B, 1)."""
    ends = [t.masked_fill(~m, 0.0).amax(dim=1, keepdim=True) for t, m in zip(encoded.times, encoded.masks, strict=True)]
    return torch.stack(ends).amax(dim=0)
