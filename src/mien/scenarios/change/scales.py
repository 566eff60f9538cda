"""The scale on which values of a measure are compared: the one on which they vary about evenly to both sides.

Shares crowd near 0 and 1, counts and deviations near 0. There the usual deviation says too little about the long side. The
logit spreads shares out (Warton and Hui 2011, Ecology 92), the square root counts (Bartlett 1936), the logarithm deviations.
A share gets half a moment on each side, so that 0 and 1 have a logit too (Haldane 1956; Anscombe 1956).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """A scale.

    Attributes:
        to: from a value and the number of moments behind it. It gives NaN where the value has no place on the scale.
        back: the value again, from its place and the number of moments.
    """

    to: Callable[[float, int], float]
    back: Callable[[float, int], float]


def scale_of(unit: str) -> Scale:
    """The scale for measures of a unit, one of those of ``mien.scenarios.measures``; an unknown unit has a plain one."""
    return _SCALES.get(unit, _PLAIN)


def _logit(share: float, moments: int) -> float:
    inside = (min(max(share, 0.0), 1.0) * moments + 0.5) / (moments + 1)
    return math.log(inside / (1 - inside))


def _share(place: float, moments: int) -> float:
    inside = 0.5 * (1 + math.tanh(place / 2))
    return min(max((inside * (moments + 1) - 0.5) / moments, 0.0), 1.0)


_PLAIN = Scale(lambda value, _: value, lambda place, _: place)
_SHARES = Scale(_logit, _share)
_AXIS = Scale(lambda value, n: _logit((value + 1) / 2, n), lambda place, n: 2 * _share(place, n) - 1)
_COUNTS = Scale(lambda value, _: math.sqrt(max(value, 0.0)), lambda place, _: max(place, 0.0) ** 2)
_POSITIVE = Scale(lambda value, _: math.log(value) if value > 0 else math.nan, lambda place, _: math.exp(place))

_SCALES = {
    "share": _SHARES,
    "axis": _AXIS,
    "per_minute": _COUNTS,
    "per_hundred": _COUNTS,
    "per_second": _POSITIVE,
    "semitones": _POSITIVE,
    "decibels": _POSITIVE,
}
