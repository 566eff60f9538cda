"""Reliable change against a person's own baseline.

A new value is compared with the mean of the baseline recordings, on a scale on which the measure varies evenly (``scales``).
The yardstick is the deviation between these recordings, and at least the error within them, which their intervals tell. With
``n`` baseline recordings and where nothing has changed, ``t = (new - mean) / (sd * sqrt(1 + 1/n))`` has Student's t
distribution with ``n - 1`` degrees of freedom (Crawford and Howell 1998, The Clinical Neuropsychologist 12, who take small
samples into account; the idea of a reliable change is that of Jacobson and Truax 1991, Journal of Consulting and Clinical
Psychology 59).

That holds for normal values only, and a handful of recordings cannot show whether a person's values are normal. No test can be
right for all shapes with fewer than 19 of them: the new value is the most extreme of ``n + 1`` by chance once in ``n + 1``
recordings (Vovk, Gammerman and Shafer 2005). So a mark is held against heavy tails (Lange, Little and Taylor 1989, Journal of
the American Statistical Association 84, take Student's t for them): the yardstick is wider by ``WIDER``, and the degrees of
freedom grow half as fast, up to ten. ``benchmarks/reliable_change.py`` chose both, so that no shape it simulates gives more
than 5 % false marks. Of the few watched measures of a recording, p-values are corrected together (Holm 1979), so that a person
in whom nothing changes gets a mark in at most one of twenty recordings.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from mien.metrics.statistics.intervals import holm
from mien.scenarios.change.scales import Scale, scale_of
from mien.scenarios.measures.measures import Value

FEWEST = 3
"""Baseline recordings that a comparison needs."""

RISK = 0.05
"""Risk of a false mark, of one recording as a whole."""

WIDER = 1.65
"""So much wider is the yardstick of a mark than that of normal values."""

_OUTSIDE = 0.05  # of new values lie outside the expected range when nothing has changed

_WIDTH = 3.92  # standard errors between the ends of a 95 % interval


@dataclass(frozen=True)
class Change:
    """One measure of one recording against the baseline.

    Attributes:
        value: the new value.
        baseline: mean of the baseline, on the scale of the comparison and back.
        low, high: between these a new value is expected in 19 of 20 recordings when nothing has changed.
        p: of this measure alone.
        adjusted: held against heavy tails, and corrected for all watched measures of the recording; ``None`` for a measure that
            is not watched.
    """

    value: float
    baseline: float
    low: float
    high: float
    p: float
    adjusted: float | None

    @property
    def changed(self) -> bool:
        """Whether the change is more than noise."""
        return self.adjusted is not None and self.adjusted < RISK


@dataclass(frozen=True)
class _Distance:
    """How far a new value is from the baseline: Student's t, and the number of baseline recordings."""

    t: float
    n: int

    def cautious(self) -> float:
        """The p-value for a mark."""
        return p_value(self.t / WIDER, min(self.n - 1, self.n // 2 + 2, 10))


def changes(
    baseline: Sequence[Mapping[str, Value]], new: Mapping[str, Value], units: Mapping[str, str], watched: Sequence[str]
) -> dict[str, Change]:
    """{measure: change} for all measures of the new recording that enough baseline recordings have.

    Values that rest on fewer than five moments are left out.

    Args:
        baseline: values of the baseline recordings.
        new: values of the new one.
        units: {measure: unit}, which tell the scale of a comparison.
        watched: the measures that may get a mark.
    """
    found, distances = dict[str, Change](), dict[str, _Distance]()
    for name, value in new.items():
        known = [row[name] for row in baseline if name in row and row[name].enough]
        if len(known) >= FEWEST and value.enough:
            compared = _compared(known, value, units.get(name, ""))
            if compared is not None:
                found[name], distances[name] = compared
    names = [name for name in found if name in watched]
    for name, p in zip(names, holm([distances[name].cautious() for name in names]) if names else (), strict=True):
        found[name] = replace(found[name], adjusted=p)
    return found


def _compared(known: Sequence[Value], new: Value, unit: str) -> tuple[Change, _Distance] | None:
    scale, n = scale_of(unit), len(known)
    places = [scale.to(v.value, v.moments) for v in known]
    place = scale.to(new.value, new.moments)
    mean = math.fsum(places) / n
    between = math.sqrt(math.fsum((x - mean) ** 2 for x in places) / (n - 1))
    deviation = max(between, _within(known, new, scale))
    if not deviation > 0 or math.isnan(place):
        return None
    wide = deviation * math.sqrt(1 + 1 / n)
    reach, found = quantile(n - 1) * wide, _Distance((place - mean) / wide, n)
    middle, low, high = (scale.back(x, new.moments) for x in (mean, mean - reach, mean + reach))
    return Change(new.value, middle, low, high, p_value(found.t, n - 1), None), found


def _within(known: Sequence[Value], new: Value, scale: Scale) -> float:
    """The error within the recordings, and at least that of the new one: a baseline of zeros alone has none."""
    own = _error(new, scale)
    errors = [e for e in (own, *(_error(v, scale) for v in known)) if not math.isnan(e)]
    mean = math.sqrt(math.fsum(e**2 for e in errors) / len(errors)) if errors else 0.0
    return mean if math.isnan(own) else max(mean, own)


def _error(value: Value, scale: Scale) -> float:
    """The standard error of a value on the scale; NaN where it has none."""
    if value.low is None or value.high is None:
        return math.nan
    return (scale.to(value.high, value.moments) - scale.to(value.low, value.moments)) / _WIDTH


def p_value(t: float, freedom: int) -> float:
    """Two-sided p-value of Student's t with a whole number of degrees of freedom.

    The sums are exact (Abramowitz and Stegun 1964, 26.7.3 and 26.7.4), so SciPy is not needed.
    """
    angle = math.atan2(abs(t), math.sqrt(freedom))
    sine, cosine = math.sin(angle), math.cos(angle)
    if freedom == 1:
        return 1.0 - 2 * angle / math.pi
    even = freedom % 2 == 0
    term = total = 1.0 if even else cosine
    for k in range(2 if even else 3, freedom - 1, 2):
        term *= cosine**2 * (k - 1) / k
        total += term
    inside = sine * total if even else 2 / math.pi * (angle + sine * total)
    return max(0.0, 1.0 - inside)


@cache
def quantile(freedom: int, risk: float = _OUTSIDE) -> float:
    """The t that is exceeded on either side with this risk, by halving."""
    low, high = 0.0, 1000.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if p_value(middle, freedom) > risk else (low, middle)
    return high
