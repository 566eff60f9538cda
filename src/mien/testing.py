"""Public conformance checks for parts. The tests of mien and those of plugins run the same checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mien.emotions import EMOTIONS
from mien.types import Segment

if TYPE_CHECKING:
    from torch import Tensor

    from mien.encoders.base import Encoder
    from mien.fusion.base import Fused, Fusion
    from mien.report.exporters.base import Export, Exporter


def check_encoder(encoder: Encoder, segment: Segment) -> None:
    """Check an encoder's ``prepare`` on a segment that has its modality.

    Raises:
        AssertionError: a claim does not hold. The message names it.
    """
    first, second = encoder.prepare(segment), encoder.prepare(segment)
    _require(first is not None and second is not None, "prepare gives a track where its modality is present")
    if first is None or second is None:
        return
    _require(first.values.tobytes() == second.values.tobytes(), "prepare is deterministic, byte for byte")
    _require(bool(np.all(np.diff(first.times) >= 0)), "times do not go back")
    _require(first.quality.shape == (len(encoder.quality_names),), "one quality value per quality name")
    _require(bool(np.isfinite(first.quality).all()), "quality is finite")
    _require(bool(np.isfinite(np.asarray(first.values, np.float64)).all()), "values are finite")
    _require(encoder.prepare(Segment(segment.span)) is None, "prepare gives None where its modality is absent")


def check_fusion(fusion: Fusion) -> None:
    """Check what every fusion promises, for every set of modalities that may be present.

    - Values at masked places, the length of the padding, the other examples of the batch, and values of an absent modality
      change nothing.
    - Weights are at least 0, sum to 1 over the modalities present, and are 0 for absent ones.
    - Every modality that is present changes the vector, and gradients reach it.

    Raises:
        AssertionError: a claim does not hold. The message names it.
    """
    import torch

    fusion.eval()
    torch.manual_seed(0)
    given = _inputs(fusion)
    whole = fusion(*given)
    _same(fusion(*given), whole, "the same input gives the same answer")
    _same(fusion(*_padded(given)), whole, "padding and what stands in it change nothing")
    _same(
        fusion(*_shortened(given)), type(whole)(*(part[:1] for part in whole)), "the rest of the batch changes nothing"
    )
    everyone = range(len(fusion.dims))
    for kept in (set(c) for n in everyone for c in combinations(everyone, n + 1)):
        _check_present(fusion, _without(given, kept, nonsense=False), kept)
        empty, full = (fusion(*_without(given, kept, nonsense)) for nonsense in (False, True))
        _same(full, empty, "what an absent modality holds changes nothing")
        changed = len(kept) == len(fusion.dims) or not torch.allclose(empty.vector, whole.vector)
        _require(changed, "a modality that is present changes something")


def check_exporter(exporter: Exporter, export: Export) -> None:
    """Check what every exporter promises: it can write a timeline with answers, and one without.

    Args:
        exporter: the exporter.
        export: an export whose timeline has at least one answer.

    Raises:
        AssertionError: a claim does not hold. The message names it.
    """
    _require(bool(exporter.endings), "there is an ending for its files")
    for ending in exporter.endings:
        _require(ending == ending.lower() and ending.isalnum(), "an ending is letters and digits, without a dot")
    exporter.check(export.lang)
    empty = replace(export.timeline, predictions=(), label=None, scores={}, valence=None, arousal=None)
    texts = []
    for given in (export, replace(export, timeline=empty, media=None, explained=())):
        texts.append(exporter.write(given))
        text = texts[-1]
        _require(text == exporter.write(given), "the same export gives the same content")
        if isinstance(text, str):
            _require(text.endswith("\n"), "the last line is ended")
            _require(text.encode("utf-8", "ignore").decode("utf-8") == text, "the text can be written as UTF-8")
    _require(texts[0] != texts[1], "what was answered is written")


def check_reader(rows: Sequence[Mapping[str, Any]]) -> None:
    """Check the rows that a reader gives for a small data set in its layout.

    Raises:
        AssertionError: a claim does not hold. The message names it.
    """
    _require(len({tuple(row) for row in rows}) == 1, "there are rows, and all have the same columns")
    ids = {row.get("id") for row in rows}
    _require(len(ids) == len(rows) and not ids & {None, ""}, "every row has an id of its own")
    for row in rows:
        _require(row.get("split") in ("train", "valid", "test"), "every row is in train, valid or test")
        stated = {*str(row.get("emotion") or "").split("|")}
        _require(stated <= {"", *EMOTIONS}, "an emotion is one of the seven, or empty")
        _require(any(row.get(c) for c in ("video", "audio", "image", "text")), "every row has something to read")


def _check_present(fusion: Fusion, given: _Given, kept: set[int]) -> None:
    import torch

    leaves = [s.clone().requires_grad_() for s in given.states]
    fused = fusion(leaves, *given[1:])
    _require(bool(fused.vector.isfinite().all()), "the vector is finite for every set of modalities")
    _require(bool((fused.weights >= 0).all()), "weights are not negative")
    total = fused.weights.sum(dim=1)
    _require(torch.allclose(total, torch.ones_like(total), atol=1e-5), "weights sum to 1 over what is present")
    absent = [i for i in range(len(leaves)) if i not in kept]
    _require(bool((fused.weights[:, absent] == 0).all()), "an absent modality weighs nothing")
    _require(fused.vector.requires_grad, "gradients reach the modalities")
    present = [leaves[i] for i in sorted(kept)]
    for slope in torch.autograd.grad(fused.vector.square().sum(), present, allow_unused=True):
        _require(slope is not None and bool((slope != 0).any()), "gradients reach every modality that is present")


class _Given(NamedTuple):
    """The arguments of ``Fusion.forward``."""

    states: list[Tensor]
    masks: list[Tensor]
    quality: list[Tensor]
    times: list[Tensor]


def _inputs(fusion: Fusion) -> _Given:
    """Inputs in which every modality has another length. The first example is the shortest."""
    import torch

    size, lengths = 4, [3 + i for i in range(len(fusion.dims))]
    states = [torch.randn(size, t, dim) for t, dim in zip(lengths, fusion.dims, strict=True)]
    masks = [torch.ones(size, t, dtype=torch.bool) for t in lengths]
    for mask in masks:
        mask[0, 2:] = False
    times = [torch.rand(size, t).sort(dim=1).values * 4 for t in lengths]
    return _Given(states, masks, [torch.rand(size, count) * 10 for count in fusion.quality_sizes], times)


def _padded(given: _Given) -> _Given:
    """The same inputs, but longer, with NaN at every masked place."""
    import torch

    states = [_nonsense(s, m) for s, m in zip(given.states, given.masks, strict=True)]
    return given._replace(
        states=[torch.cat([s, torch.full_like(s, torch.nan)], dim=1) for s in states],
        masks=[torch.cat([m, torch.zeros_like(m)], dim=1) for m in given.masks],
        times=[torch.cat([t, t[:, -1:].expand_as(t)], dim=1) for t in given.times],
    )


def _shortened(given: _Given) -> _Given:
    """The first example alone, without padding."""
    states, masks, times = ([x[:1, :2] for x in part] for part in (given.states, given.masks, given.times))
    return _Given(states, masks, [q[:1] for q in given.quality], times)


def _without(given: _Given, kept: set[int], nonsense: bool) -> _Given:
    """The same inputs without the modalities outside ``kept``. With ``nonsense``, these hold NaN and other wrong values."""
    import torch

    states, masks, quality, times = (list(part) for part in given)
    for i in set(range(len(states))) - kept:
        masks[i] = torch.zeros_like(masks[i])
        if nonsense:
            states[i], quality[i], times[i] = _nonsense(states[i], masks[i]), quality[i] + 50, times[i] + 50
    return _Given(states, masks, quality, times)


def _nonsense(states: Tensor, mask: Tensor) -> Tensor:
    return states.masked_fill(~mask.unsqueeze(-1), float("nan"))


def _same(one: Fused, other: Fused, claim: str) -> None:
    import torch

    _require(torch.allclose(one.vector, other.vector, atol=1e-5), claim)
    _require(torch.allclose(one.weights, other.weights, atol=1e-5), claim)


def _require(holds: bool, claim: str) -> None:
    if not holds:
        raise AssertionError(f"does not hold: {claim}")
