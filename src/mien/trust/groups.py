"""Whether a model does as well for one group of people as for another: each measured, and the gaps tested."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.trust.reliability import calibration_error
from mien.trust.sample import Sample

FEWEST_PEOPLE = 5
"""Of a group. Five against five can be dealt out in 252 ways; four against four in 70, too few for a gap in four measures."""

FEWEST_EXAMPLES = 30
_REPLICATES = 1000

Measure = Callable[[Sample], float]


def _accuracy(sample: Sample) -> float:
    return float(sample.right.mean())


def _uar(sample: Sample) -> float:
    truth = sample.targets.argmax(axis=1)
    return float(np.mean([sample.right[truth == k].mean() for k in np.unique(truth)]))


def _ece(sample: Sample) -> float:
    return calibration_error(sample.scores.max(axis=1), sample.right)


def _overconfidence(sample: Sample) -> float:
    return float(sample.scores.max(axis=1).mean() - sample.right.mean())


MEASURES: dict[str, Measure] = {"accuracy": _accuracy, "uar": _uar, "ece": _ece, "overconfidence": _overconfidence}
"""Overconfidence is mean confidence minus accuracy: below 0 where the model is too modest."""


class GroupRow(NamedTuple):
    """One measure of one group: ``value`` and its 95 % interval; all ``None`` where the group is too small to say anything."""

    group: str
    measure: str
    people: int
    n: int
    value: float | None
    low: float | None
    high: float | None


class Gap(NamedTuple):
    """``one`` minus ``other`` in a measure; ``p`` by permutation of people, ``None`` where somebody is in both groups."""

    one: str
    other: str
    measure: str
    value: float
    p: float | None


def by_group(sample: Sample, attribute: Sequence[str], replicates: int = _REPLICATES) -> list[GroupRow]:
    """Every measure for every group, with bootstrap intervals over people.

    Args:
        sample: calibrated answers; ``groups`` name the people.
        attribute: (N,) the group of each answer; "" leaves it out.
        replicates: resamples of an interval.
    """
    values = np.asarray(attribute, np.str_)
    rows = []
    for group in sorted(set(values) - {""}):
        part = sample.rows(values == group)
        people = len(set(part.groups))
        for name, measure in MEASURES.items():
            if not _enough(part):
                rows.append(GroupRow(group, name, people, len(part), None, None, None))
            else:
                rows.append(
                    GroupRow(group, name, people, len(part), measure(part), *_interval(part, measure, replicates))
                )
    return rows


def gaps(sample: Sample, attribute: Sequence[str], replicates: int = _REPLICATES) -> list[Gap]:
    """Differences between groups that are large enough, each tested by giving the people's groups to other people at random.

    People are exchanged, not answers, for the answers of one person are not independent. p-values are of each gap alone:
    who shows several corrects them (``statistics.holm``).
    """
    values = np.asarray(attribute, np.str_)
    large = [group for group in sorted(set(values) - {""}) if _enough(sample.rows(values == group))]
    found = []
    for one, other in combinations(large, 2):
        first, second = (sample.rows(values == group) for group in (one, other))
        shared = bool(set(first.groups) & set(second.groups))
        part = sample.rows((values == one) | (values == other))
        mine = values[(values == one) | (values == other)] == one
        for name, measure in MEASURES.items():
            value = measure(first) - measure(second)
            p = None if shared else _permuted(part, mine, measure, value, replicates)
            found.append(Gap(one, other, name, value, p))
    return found


def _enough(sample: Sample) -> bool:
    return len(set(sample.groups)) >= FEWEST_PEOPLE and len(sample) >= FEWEST_EXAMPLES


def _interval(sample: Sample, measure: Measure, replicates: int) -> tuple[float, float]:
    rng = np.random.default_rng(0)
    units = _people(sample)
    drawn = [
        measure(sample.rows(np.concatenate([units[i] for i in rng.integers(0, len(units), len(units))])))
        for _ in range(replicates)
    ]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(low), float(high)


def _permuted(sample: Sample, mine: NDArray[np.bool_], measure: Measure, value: float, replicates: int) -> float:
    """The share of random deals with a difference at least as large as ``value``, which counts as one of them."""
    rng = np.random.default_rng(0)
    units = _people(sample)
    owner = np.asarray([mine[rows[0]] for rows in units])

    def gap(of: NDArray[np.bool_]) -> float:
        first, second = (
            np.concatenate([u for u, o in zip(units, of, strict=True) if o == side]) for side in (True, False)
        )
        return measure(sample.rows(first)) - measure(sample.rows(second))

    larger = sum(abs(gap(rng.permutation(owner))) >= abs(value) - 1e-12 for _ in range(replicates))
    return (larger + 1) / (replicates + 1)


def _people(sample: Sample) -> list[NDArray[np.int64]]:
    return [np.flatnonzero(sample.groups == name) for name in np.unique(sample.groups)]
