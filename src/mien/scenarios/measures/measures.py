"""The measures of a person in a recording, each with a 95 % interval, and with the minutes of usable data behind it.

A measure is a function of sums over moments, as the metrics are, so that its interval is a bootstrap over moments
(``mien.metrics.statistics``). The interval says how the value would vary over other moments of this recording.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mien.metrics.base import Of, Sums
from mien.metrics.statistics.intervals import interval
from mien.scenarios.measures.moments import Moment

VERSION = 1
"""Of the definitions. Values of different versions are not compared."""

LEAST = 5
"""Moments that an interval needs."""

Each = Callable[[Moment], Sequence[float] | None]
"""What a moment adds to the sums; ``None`` where it has nothing to say on the measure."""


@dataclass(frozen=True)
class Measure:
    """A measure: its name, unit, number of digits that are shown, and how it is computed.

    Attributes:
        about: the modality or condition whose minutes count: "text", "voice", "face", "speaking" or "listening".
        watched: whether it is among the few whose change is looked for; see ``mien.scenarios.change``.
    """

    name: str
    unit: str
    digits: int
    about: str
    each: Each
    of: Of
    watched: bool = False


@dataclass(frozen=True)
class Value:
    """A measured value, its 95 % interval (``None`` with fewer than five moments), and what it rests on."""

    value: float
    low: float | None
    high: float | None
    moments: int
    seconds: float

    @property
    def enough(self) -> bool:
        """Whether it rests on enough moments to be compared."""
        return self.moments >= LEAST


def measured(measure: Measure, found: Sequence[Moment], intervals: bool = True) -> Value | None:
    """The value of a measure, with its interval if wanted; ``None`` where no moment says anything on it."""
    rows = [(m, row) for m in found if (row := measure.each(m)) is not None]
    if not rows:
        return None
    sums: Sums = np.asarray([row for _, row in rows], np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = float(measure.of(sums.sum(axis=0)))
    if not np.isfinite(value):
        return None
    bounds = interval(measure.of, [sums], [""] * len(rows)) if intervals and len(rows) >= LEAST else None
    seconds = sum(m.said.weight for m, _ in rows)
    low, high = bounds if bounds is not None else (None, None)
    return Value(value, low, high, len(rows), seconds)


def all_measured(measures: Sequence[Measure], found: Sequence[Moment], intervals: bool = True) -> dict[str, Value]:
    """{name: value} of all measures that are defined."""
    values = ((m.name, measured(m, found, intervals)) for m in measures)
    return {name: value for name, value in values if value is not None}
