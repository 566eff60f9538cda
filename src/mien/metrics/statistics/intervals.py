"""How certain a figure is, and a difference of two figures: bootstrap over people, and McNemar's test.

Where every example names its group (the speaker), whole groups are resampled, because the clips of one person are not
independent (Field and Welsh 2007, doi 10.1111/j.1467-9868.2007.00593.x). Otherwise single examples are resampled. Seeds are
not resampled: a figure is the mean over seeds, and its interval says how it would vary over other people or examples.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.metrics.base import Of, Sums

REPLICATES = 1000
_CHUNK = 100  # replicates at a time, to limit memory


class Difference(NamedTuple):
    """A difference of two systems in a metric.

    Attributes:
        value: the metric of the second system minus that of the first.
        low, high: 95 % interval.
        p: two-sided p-value of a difference of zero.
        n: number of examples.
    """

    value: float
    low: float
    high: float
    p: float
    n: int


def by_group(groups: Sequence[str]) -> bool:
    """Whether whole groups are resampled: every example names its group, and there are several groups."""
    return len(set(groups)) > 1 and "" not in groups


def unit(groups: Sequence[str]) -> str:
    """What is resampled, as results name it, such as "24 groups" or "1440 examples"."""
    return f"{len(set(groups))} groups" if by_group(groups) else f"{len(groups)} examples"


def interval(
    of: Of, runs: Sequence[Sums], groups: Sequence[str], replicates: int = REPLICATES
) -> tuple[float, float] | None:
    """95 % interval of the mean over runs by the percentile bootstrap (Efron 1979); ``None`` where it is not defined.

    Args:
        of: the metric, see ``metrics.base``.
        runs: what each example adds to the sums, (N, P) for each run, with the same examples in the same order.
        groups: the group of each example, (N,); "" where it is unknown.
        replicates: number of resamples.
    """
    values = _resampled(of, runs, groups, replicates)
    if np.isnan(values).all():
        return None
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return float(low), float(high)


def difference(of: Of, one: Sequence[Sums], other: Sequence[Sums], groups: Sequence[str]) -> Difference:
    """``other`` minus ``one``, both means over their runs, by the paired bootstrap, which uses the same resamples for both.

    The p-value is twice the smaller share of resamples on either side of zero (Efron and Tibshirani 1993, chapter 15). The
    interval is NaN, and the p-value 1, where the difference is not defined on any resample.
    """
    gaps = _resampled(of, other, groups) - _resampled(of, one, groups)
    gaps = gaps[~np.isnan(gaps)]
    value = float(_of_all(of, other) - _of_all(of, one))
    if not len(gaps):
        return Difference(value, np.nan, np.nan, 1.0, len(groups))
    tail = min(int((gaps <= 0).sum()), int((gaps >= 0).sum()))
    low, high = np.percentile(gaps, [2.5, 97.5])
    return Difference(value, float(low), float(high), min(1.0, 2 * (tail + 1) / (len(gaps) + 1)), len(groups))


def mcnemar(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Exact p-value that two classifiers are right equally often on the same examples (McNemar 1947).

    Args:
        one, other: whether each classifier is right, bool (N,).
    """
    from scipy.stats import binomtest

    gained, lost = int((other & ~one).sum()), int((one & ~other).sum())
    return float(binomtest(gained, gained + lost).pvalue) if gained + lost else 1.0


def holm(values: Sequence[float]) -> list[float]:
    """p-values corrected for several tests (Holm 1979): below 0.05 they keep the risk of any false finding at 5 %."""
    order = np.argsort(values)
    steps = np.asarray(values)[order] * (len(values) - np.arange(len(values)))
    adjusted = np.empty(len(values))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return [float(p) for p in adjusted]


def _of_all(of: Of, runs: Sequence[Sums]) -> NDArray[np.float64]:
    return np.mean([of(run.sum(axis=0)) for run in runs], axis=0)  # type: ignore[no-any-return]  # numpy gives Any


def totals(each: Sums, groups: Sequence[str]) -> Sums:
    """What each resampled unit adds to the sums, (U, P). Units are groups in the order of their names, or the examples."""
    place = _places(groups)
    found = np.zeros((int(place.max()) + 1, each.shape[1]))
    np.add.at(found, place, each)
    return found


def _resampled(
    of: Of, runs: Sequence[Sums], groups: Sequence[str], replicates: int = REPLICATES
) -> NDArray[np.float64]:
    """The mean over runs on each resample, (R,). The same groups give the same resamples."""
    units = np.stack([totals(run, groups) for run in runs])
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.concatenate([of(w @ units).mean(axis=0) for w in _weights(units.shape[1], replicates)])


def _places(groups: Sequence[str]) -> NDArray[np.int64]:
    if not by_group(groups):
        return np.arange(len(groups))
    return np.unique(np.asarray(groups), return_inverse=True)[1].astype(np.int64)


def _weights(size: int, replicates: int) -> Iterator[NDArray[np.float64]]:
    """How often each unit is drawn, (replicates, size) in chunks."""
    rng = np.random.default_rng(0)
    for done in range(0, replicates, _CHUNK):
        count = min(_CHUNK, replicates - done)
        drawn = rng.integers(0, size, (count, size)) + np.arange(count)[:, None] * size
        yield np.bincount(drawn.ravel(), minlength=count * size).reshape(count, size).astype(np.float64)
