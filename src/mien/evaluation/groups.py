"""Compares how well a model works for groups of people: metrics of each group, and tests of the gaps."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.metrics.accuracy import accuracy
from mien.metrics.base import Metric, Sums, metric, right
from mien.metrics.ece import ece
from mien.metrics.statistics import intervals
from mien.metrics.uar import uar
from mien.trust.sample import Sample
from mien.types import Float32

FEWEST_PEOPLE = 5
"""Fewest people of a group. Five and five people can be divided in 252 ways. Four and four have only 70 ways, which are too
few for a test of four metrics."""

FEWEST_EXAMPLES = 30
_REPLICATES = 1000


def _excess(scores: Float32, targets: Float32) -> Sums:
    return np.stack([scores.max(axis=1) - right(scores, targets), np.ones(len(scores))], axis=1)


@metric(_excess, "single", constant=False)
def overconfidence(sums: Sums) -> Sums:
    """Mean confidence minus accuracy. It is below 0 where the model is under-confident."""
    return sums[..., 0] / sums[..., 1]


METRICS: dict[str, Metric] = {"accuracy": accuracy, "uar": uar, "ece": ece, "overconfidence": overconfidence}


class GroupRow(NamedTuple):
    """The value of one metric for one group, with its 95 % interval; all ``None`` where the group is too small."""

    group: str
    metric: str
    people: int
    n: int
    value: float | None
    low: float | None
    high: float | None


class Gap(NamedTuple):
    """``one`` minus ``other`` in a metric. ``p`` is by permutation of people, and ``None`` where a person is in both groups."""

    one: str
    other: str
    metric: str
    value: float
    p: float | None


def by_group(sample: Sample, attribute: Sequence[str], replicates: int = _REPLICATES) -> list[GroupRow]:
    """Every metric for every group, with bootstrap intervals over people.

    Args:
        sample: calibrated answers; its ``groups`` are the people.
        attribute: the group of each answer, (N,); "" leaves the answer out.
        replicates: number of resamples for an interval.
    """
    values = np.asarray(attribute, np.str_)
    rows = []
    for group in sorted(set(values) - {""}):
        part = sample.rows(values == group)
        people = len(set(part.groups))
        for name, value_of in METRICS.items():
            found = _measured(part, value_of, replicates) if _enough(part) else (None, None, None)
            rows.append(GroupRow(group, name, people, len(part), *found))
    return rows


def gaps(sample: Sample, attribute: Sequence[str], replicates: int = _REPLICATES) -> list[Gap]:
    """Differences between groups that are large enough, each tested by dealing the people to the two groups at random.

    People are permuted and not answers, because the answers of one person are not independent. Each p-value is for its gap
    alone, so they must be corrected where several are shown (``intervals.holm``).
    """
    values = np.asarray(attribute, np.str_)
    large = [group for group in sorted(set(values) - {""}) if _enough(sample.rows(values == group))]
    found = []
    for one, other in combinations(large, 2):
        first, second = (sample.rows(values == group) for group in (one, other))
        shared = bool(set(first.groups) & set(second.groups))
        part = sample.rows((values == one) | (values == other))
        mine = values[(values == one) | (values == other)] == one
        for name, value_of in METRICS.items():
            value = value_of(first.scores, first.targets) - value_of(second.scores, second.targets)
            p = None if shared else _permuted(part, mine, value_of, value, replicates)
            found.append(Gap(one, other, name, value, p))
    return found


def _enough(sample: Sample) -> bool:
    return len(set(sample.groups)) >= FEWEST_PEOPLE and len(sample) >= FEWEST_EXAMPLES


def _measured(sample: Sample, value_of: Metric, replicates: int) -> tuple[float, float | None, float | None]:
    """The value, and its interval."""
    each = value_of.each(sample.scores, sample.targets)
    interval = intervals.interval(value_of.of, [each], sample.groups.tolist(), replicates)
    return value_of(sample.scores, sample.targets), *(interval or (None, None))


def _permuted(sample: Sample, mine: NDArray[np.bool_], value_of: Metric, value: float, replicates: int) -> float:
    """The share of random deals with a difference at least as large as ``value``. The real deal counts as one of them."""
    rng = np.random.default_rng(0)
    people = sample.groups.tolist()
    owner = intervals.totals(mine[:, None].astype(float), people)[:, 0] > 0
    sums = intervals.totals(value_of.each(sample.scores, sample.targets), people)
    dealt = np.stack([rng.permutation(owner) for _ in range(replicates)])
    first, second = (value_of.of(sides.astype(float) @ sums) for sides in (dealt, ~dealt))
    larger = int((np.abs(first - second) >= abs(value) - 1e-12).sum())
    return (larger + 1) / (replicates + 1)
