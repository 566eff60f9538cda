"""Agreement beyond chance: Krippendorff's alpha, Fleiss' kappa, and their intervals.

Each measure is a function of sums over units, as the metrics are (``mien.metrics.base``). So a bootstrap over units, or over
their speakers, is the one of ``mien.metrics.statistics``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from mien.agreement.votes import Ratings, Votes
from mien.metrics.base import Of, Sums
from mien.metrics.statistics.intervals import interval

Speakers = Mapping[str, str]
"""{unit: its speaker}. Whole speakers are resampled where each unit has one."""


@dataclass(frozen=True)
class Agreed:
    """A measure of agreement.

    Attributes:
        value: 1 for full agreement, 0 for that of chance; ``None`` where it is not defined: no unit has two votes, or all
            votes are the same.
        low, high: 95 % interval by bootstrap; ``None`` where it is not defined.
        units: units with at least two votes, which alone can agree.
        votes: votes on them.
    """

    value: float | None
    low: float | None
    high: float | None
    units: int
    votes: int


def alpha(votes: Votes, speakers: Speakers | None = None) -> Agreed:
    """Krippendorff's alpha for labels (nominal; Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability").

    Votes may be missing: units may have different numbers of votes.
    """
    return _measured(_nominal, _coincidences(votes), votes.units, votes.counts, speakers)


def alpha_by_label(votes: Votes, speakers: Speakers | None = None) -> dict[str, Agreed]:
    """Alpha of each label against all others: which labels people tell apart."""
    return {name: alpha(votes.against(place), speakers) for place, name in enumerate(votes.labels)}


def alpha_of_scale(ratings: Ratings, speakers: Speakers | None = None) -> Agreed:
    """Krippendorff's alpha for numbers, by squared differences (interval)."""
    size = np.bincount(ratings.unit, minlength=len(ratings.units)).astype(np.float64)
    total = np.bincount(ratings.unit, ratings.value, len(ratings.units))
    squares = np.bincount(ratings.unit, ratings.value**2, len(ratings.units))
    within = 2 * (size * squares - total**2) / np.maximum(size - 1, 1)
    each = np.stack([within, size, total, squares], axis=1) * (size > 1)[:, None]
    return _measured(_of_scale, each, ratings.units, size[:, None], speakers)


def fleiss(votes: Votes, speakers: Speakers | None = None) -> Agreed:
    """Fleiss' kappa (Fleiss 1971). Where units have different numbers of votes, each unit counts as much as any other."""
    counts, (unit, weights) = votes.counts, votes.ballots
    size = counts.sum(axis=1)
    own = np.bincount(unit, (weights**2).sum(axis=1), len(counts))
    pairs = ((counts**2).sum(axis=1) - own) / np.maximum(size * (size - 1), 1)
    each = np.column_stack([np.ones(len(counts)), pairs, counts]) * (size > 1)[:, None]
    return _measured(_fleiss, each, votes.units, counts, speakers)


def _measured(of: Of, each: Sums, units: Sequence[str], counts: Sums, speakers: Speakers | None) -> Agreed:
    """A measure with its interval. Units with one vote say nothing, so they are not resampled."""
    there = counts.sum(axis=1) > 1
    each, names = each[there], [unit for unit, kept in zip(units, there, strict=True) if kept]
    several, votes = len(names), round(float(counts[there].sum()))
    value = float(of(each.sum(axis=0))) if several else float("nan")
    if np.isnan(value):
        return Agreed(None, None, None, several, votes)
    groups = [(speakers or {}).get(name, "") for name in names]
    low, high = interval(of, [each], groups) or (None, None)
    return Agreed(value, low, high, several, votes)


def _coincidences(votes: Votes) -> Sums:
    """What each unit adds to the matrix of coincidences, (N, L * L): pairs of votes of two annotators, never of one."""
    counts, (unit, weights) = votes.counts, votes.ballots
    size = counts.sum(axis=1)
    own = np.zeros((*counts.shape, counts.shape[1]))
    np.add.at(own, unit, weights[:, :, None] * weights[:, None, :])
    pairs = counts[:, :, None] * counts[:, None, :] - own
    found = pairs / np.maximum(size - 1, 1)[:, None, None] * (size > 1)[:, None, None]
    return np.asarray(found.reshape(len(counts), counts.shape[1] ** 2))


def _defined(work: Callable[[Sums], Sums], sums: Sums) -> Sums:
    with np.errstate(invalid="ignore", divide="ignore"):
        found = work(sums)
    return np.where(np.isfinite(found), found, np.nan)


def _nominal_of(sums: Sums) -> Sums:
    side = round(sums.shape[-1] ** 0.5)
    matrix = sums.reshape(*sums.shape[:-1], side, side)
    by_label = matrix.sum(axis=-1)
    n = by_label.sum(axis=-1)
    differing = n - matrix.diagonal(axis1=-2, axis2=-1).sum(axis=-1)
    return np.asarray(1 - (n - 1) * differing / (n**2 - (by_label**2).sum(axis=-1)))


def _of_scale_of(sums: Sums) -> Sums:
    within, n, total, squares = np.moveaxis(sums, -1, 0)
    return np.asarray(1 - within * (n - 1) / (2 * (n * squares - total**2)))


def _fleiss_of(sums: Sums) -> Sums:
    observed = sums[..., 1] / sums[..., 0]
    shares = sums[..., 2:] / sums[..., 2:].sum(axis=-1, keepdims=True)
    chance = (shares**2).sum(axis=-1)
    return np.asarray((observed - chance) / (1 - chance))


_nominal: Of = partial(_defined, _nominal_of)
_of_scale: Of = partial(_defined, _of_scale_of)
_fleiss: Of = partial(_defined, _fleiss_of)
