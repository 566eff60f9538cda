"""Whether drafts that annotators saw drew their votes: measured by a control share whose drafts stayed hidden."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mien.metrics.base import Sums
from mien.metrics.statistics.intervals import interval, totals


class Seen(NamedTuple):
    """A vote on a clip that has a draft: whether the draft was seen before, and whether the vote is the draft."""

    unit: str
    shown: bool
    same: bool


@dataclass(frozen=True)
class Anchoring:
    """How much more often a vote is the draft when the draft is shown.

    Attributes:
        shown, hidden: share of the votes that are the draft, with it and without it in view.
        effect: the difference; ``None`` where there are no votes of both kinds.
        low, high: 95 % interval of the difference by bootstrap over clips.
        votes_shown, votes_hidden: how many votes there are of each kind.
    """

    shown: float | None
    hidden: float | None
    effect: float | None
    low: float | None
    high: float | None
    votes_shown: int
    votes_hidden: int


def anchoring(votes: Iterable[Seen]) -> Anchoring:
    """The effect of showing drafts. It is causal only if chance decided which drafts were hidden."""
    rows = list(votes)
    each = np.asarray([_row(vote) for vote in rows], np.float64).reshape(-1, 4)
    sums = each.sum(axis=0)
    shown, hidden = (_share(sums[k], sums[k + 1]) for k in (0, 2))
    counts = int(sums[0]), int(sums[2])
    if shown is None or hidden is None:
        return Anchoring(shown, hidden, None, None, None, *counts)
    # One unit is one clip, because several votes on a clip are not independent.
    units = totals(each, [vote.unit for vote in rows])
    low, high = interval(_effect, [units], [""] * len(units)) or (None, None)
    return Anchoring(shown, hidden, shown - hidden, low, high, *counts)


def _row(vote: Seen) -> list[float]:
    found = [1.0, float(vote.same)]
    return [*found, 0.0, 0.0] if vote.shown else [0.0, 0.0, *found]


def _share(votes: float, same: float) -> float | None:
    return float(same / votes) if votes else None


def _effect(sums: Sums) -> Sums:
    return np.asarray(sums[..., 1] / sums[..., 0] - sums[..., 3] / sums[..., 2])
