"""Reliable change against a person's own baseline.

A new value is compared with the mean of the baseline recordings. The yardstick is the deviation between these recordings, and
at least the error within them, which their intervals tell. With ``n`` baseline recordings and where nothing has changed,
``t = (new - mean) / (sd * sqrt(1 + 1/n))`` has Student's t distribution with ``n - 1`` degrees of freedom (Crawford and
Howell 1998, The Clinical Neuropsychologist 12, who take small samples into account; the idea of a reliable change is that of
Jacobson and Truax 1991, Journal of Consulting and Clinical Psychology 59). Of the few watched measures of a recording,
p-values are corrected together (Holm 1979), so that a person in whom nothing changes gets a mark in at most one of twenty
recordings.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from mien.metrics.statistics.intervals import holm
from mien.scenarios.measures.measures import Value

FEWEST = 3
"""Baseline recordings that a comparison needs."""

RISK = 0.04
"""Risk of a false mark, of one recording as a whole. A little below one in twenty, because recordings in a row are alike:
with an autocorrelation of 0.3 the risk is then 5 % (``benchmarks/reliable_change.py``)."""

_OUTSIDE = 0.05  # of new values lie outside the expected range when nothing has changed

_WIDTH = 3.92  # standard errors between the ends of a 95 % interval


@dataclass(frozen=True)
class Change:
    """One measure of one recording against the baseline.

    Attributes:
        value: the new value.
        baseline: mean of the baseline, and ``deviation`` its yardstick.
        low, high: between these a new value is expected in 19 of 20 recordings when nothing has changed.
        p: of this measure alone.
        adjusted: corrected for all watched measures of the recording; ``None`` for a measure that is not watched.
    """

    value: float
    baseline: float
    deviation: float
    low: float
    high: float
    p: float
    adjusted: float | None

    @property
    def changed(self) -> bool:
        """Whether the change is more than noise."""
        return self.adjusted is not None and self.adjusted < RISK


def changes(
    baseline: Sequence[Mapping[str, Value]], new: Mapping[str, Value], watched: Sequence[str]
) -> dict[str, Change]:
    """{measure: change} for all measures of the new recording that enough baseline recordings have.

    Values that rest on fewer than five moments are left out.
    """
    found = {name: one for name, value in new.items() if (one := _compared(baseline, name, value)) is not None}
    names = [name for name in found if name in watched]
    for name, p in zip(names, holm([found[name].p for name in names]) if names else (), strict=True):
        one = found[name]
        found[name] = Change(one.value, one.baseline, one.deviation, one.low, one.high, one.p, p)
    return found


def _compared(baseline: Sequence[Mapping[str, Value]], name: str, new: Value) -> Change | None:
    known = [row[name] for row in baseline if name in row and row[name].enough]
    n = len(known)
    if n < FEWEST or not new.enough:
        return None
    mean = math.fsum(v.value for v in known) / n
    between = math.sqrt(math.fsum((v.value - mean) ** 2 for v in known) / (n - 1))
    errors = [(v.high - v.low) / _WIDTH for v in (*known, new) if v.low is not None and v.high is not None]
    within = math.sqrt(math.fsum(e**2 for e in errors) / len(errors)) if errors else 0.0
    deviation = max(between, within)
    if deviation == 0.0:
        return None
    wide = deviation * math.sqrt(1 + 1 / n)
    reach = quantile(n - 1) * wide
    return Change(
        new.value, mean, deviation, mean - reach, mean + reach, p_value((new.value - mean) / wide, n - 1), None
    )


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
