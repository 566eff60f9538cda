"""A group as a whole, minute by minute: the mean of what all visible faces express. Nothing about any one person leaves it.

A minute with fewer visible people than the smallest group is left out. If asked, noise is added so that the result hardly
depends
on any one person (differential privacy; Dwork, McSherry, Nissim and Smith 2006, Laplace mechanism). The number of people in
a minute
counts as known. Where one person is replaced by another, the mean of ``n`` distributions moves by at most ``2 / n`` in all
labels together; over ``T`` minutes the budget ``epsilon`` is divided by ``T``, so each number gets Laplace noise of the scale
``2 T / (n epsilon)``.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from mien.consent.table import Consents
from mien.errors import InputError
from mien.timeline import Prediction, Timeline
from mien.types import Span

SMALLEST = 5
"""No group may be smaller; a larger least size may be asked for."""

_DIGITS = 2  # of published shares: more would tell more about single people


@dataclass(frozen=True)
class Minute:
    """One minute: the number of visible people, and {label: share}; ``None`` for both where there were too few."""

    people: int | None
    shares: Mapping[str, float] | None


@dataclass(frozen=True)
class Group:
    """A group over time.

    Attributes:
        minutes: in order.
        labels: what is counted.
        smallest: the least number of people.
        epsilon: of the whole result; ``None`` without noise.
    """

    minutes: tuple[Minute, ...]
    labels: tuple[str, ...]
    smallest: int
    epsilon: float | None


def group(timeline: Timeline, smallest: int = SMALLEST, epsilon: float | None = None) -> Group:
    """The group of a recording.

    Args:
        timeline: with the curves of faces.
        smallest: least number of visible people of a minute.
        epsilon: how much the whole result may tell about one person; ``None`` for no noise.

    Raises:
        InputError: the smallest group is too small, epsilon is not positive, or no minute shows enough people.
    """
    if smallest < SMALLEST:
        raise InputError(f"--smallest {smallest} could show single people; name at least {SMALLEST}")
    if epsilon is not None and not 0 < epsilon < math.inf:
        raise InputError("--epsilon is a number above 0, such as 5")
    spans = [Span(60.0 * k, 60.0 * (k + 1)) for k in range(max(1, math.ceil(timeline.duration / 60)))]
    found = [_distributions(timeline.predictions, span) for span in spans]
    told = sum(len(rows) >= smallest for rows in found)
    if not told:
        raise InputError(f"no minute shows {smallest} people or more, so nothing is shown about this recording")
    labels = timeline.labels
    minutes = tuple(_minute(rows, labels, smallest, None if epsilon is None else epsilon / told) for rows in found)
    return Group(minutes, labels, smallest, epsilon)


def check_consents(consents: Consents, timeline: Timeline, day: date) -> int:
    """Refuses a recording that shows more people at once than have agreed, or a table in which somebody has not agreed.

    Returns:
        How many people have agreed.

    Raises:
        InputError: the message says which row, or how many people are too many.
    """
    people = set[str]()
    for entry in consents.entries:
        consent = entry.consent
        verdict = None if consent is None else consent.allows("analyze", day)
        if consent is None or verdict is None or not verdict.allowed:
            who = f"'{consent.person}'" if consent is not None else "somebody"
            why = verdict.reason.replace("_", " ") if verdict is not None else "no consent"
            raise InputError(
                f"{who} has not agreed to this ({why}: 'analyze'); the recording cannot be read, because nobody in it "
                "is told apart"
            )
        people.add(consent.person)
    agreed = len(people)
    seen = _most_at_once(timeline.predictions)
    if seen > agreed:
        raise InputError(f"{seen} people are in view at once, and {agreed} have agreed; record only people who agreed")
    return agreed


def _distributions(predictions: Sequence[Prediction], span: Span) -> list[NDArray[np.float64]]:
    """For each person who is visible in a minute, the mean of what the face expresses in it, (L,)."""
    rows: dict[str | None, list[NDArray[np.float64]]] = {}
    for p in predictions:
        curve, alone = p.curves.get("face"), p.opinions.get("face")
        if curve is not None:
            inside = curve.scores[(curve.times >= span.start) & (curve.times < span.end)]
            if len(inside):
                rows.setdefault(p.who, []).append(inside.astype(np.float64))
        elif alone and p.span.middle in span:  # a picture has no curves
            rows.setdefault(p.who, []).append(np.asarray([list(alone.values())], np.float64))
    return [np.concatenate(mine).mean(axis=0) for mine in rows.values()]


def _minute(rows: Sequence[NDArray[np.float64]], labels: Sequence[str], smallest: int, epsilon: float | None) -> Minute:
    n = len(rows)
    if n < smallest:
        return Minute(None, None)
    shares = np.mean(rows, axis=0)
    if epsilon is not None:
        shares = np.clip(shares + [_laplace(2 / (n * epsilon)) for _ in labels], 0.0, 1.0)
        shares = shares / shares.sum() if shares.sum() > 0 else np.full(len(labels), 1 / len(labels))
    return Minute(n, {label: round(float(share), _DIGITS) for label, share in zip(labels, shares, strict=True)})


def _laplace(scale: float) -> float:
    """Noise from the random source of the system."""
    source = random.SystemRandom()
    return scale * (source.expovariate(1.0) - source.expovariate(1.0))


def _most_at_once(predictions: Sequence[Prediction]) -> int:
    """The largest number of people whose faces are in view at once."""
    seen = [p for p in predictions if "face" in p.opinions]
    at = {p.span.start for p in seen}
    return max(
        (len({q.who for q in seen if q.span.start <= t < max(q.span.end, q.span.start + 1e-9)}) for t in at), default=0
    )
