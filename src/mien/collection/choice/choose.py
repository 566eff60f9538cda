"""Chooses which clips to label next: a mix of criteria, and always a share at random, by which bias can be measured.

- "control": at random among all that wait. What these clips are like is what the recordings are like.
- "uncertain": the model is least sure (entropy, Shannon 1948; Lewis and Gale 1994).
- "diverse": farthest from all that is labelled or chosen (greedy k-centre; Gonzalez 1985; Sener and Savarese 2018).
- "conflict": modalities alone say different things (Jensen-Shannon divergence, Lin 1991).
- "rare": the model expects a label that has few votes so far.

Of the clips that a criterion ranks highest, those are taken that lie far from one another (Zhdanov 2019, arXiv 1901.05954),
because neighbours teach the same thing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
Why = Literal["control", "uncertain", "diverse", "conflict", "rare"]
REASONS: tuple[Why, ...] = get_args(Why)

SHARES: dict[Why, float] = {"control": 0.2, "uncertain": 0.35, "diverse": 0.15, "conflict": 0.1, "rare": 0.2}
"""Which part of a round each criterion chooses. Where nothing conflicts, its part goes to the others but "control"."""

WAITS, DRAWN = -1, -2
_WIDER = 5  # times as many clips as wanted are ranked high, and the most different are taken


@dataclass(frozen=True)
class Waiting:
    """What is known about N clips of a set; those that wait and those that are labelled.

    Attributes:
        states: float64 (N, D), see ``mien.collection.choice.probe.reduced``.
        scores: float64 (N, K): probabilities of the labels.
        conflict: float64 (N,): how far the modalities alone differ; 0 for one modality.
        kin: int64 (N,): near-duplicates have the same number; at most one of them is labelled.
        labels: int64 (N,): the label of a labelled clip, ``WAITS`` for one that waits, ``DRAWN`` for one chosen before.
    """

    states: Float64
    scores: Float64
    conflict: Float64
    kin: NDArray[np.int64]
    labels: NDArray[np.int64]


def choose(waiting: Waiting, count: int, seed: int, shares: dict[Why, float] = SHARES) -> list[tuple[int, Why]]:
    """The clips to label next, (row, why), in random order so that an annotator cannot guess why.

    Args:
        waiting: the clips.
        count: how many; fewer are given when fewer wait.
        seed: of the random share and the order.
        shares: see ``SHARES``.
    """
    random = np.random.default_rng(seed)
    closed = np.flatnonzero(waiting.labels != WAITS)
    taken = {int(k) for k in waiting.kin[closed]}
    picked: list[tuple[int, Why]] = []

    def take(rows: Sequence[int], why: Why, most: int) -> None:
        for row in rows:
            if most <= 0:
                return
            if int(waiting.kin[row]) not in taken:
                taken.add(int(waiting.kin[row]))
                picked.append((row, why))
                most -= 1

    open_rows = np.flatnonzero(waiting.labels == WAITS)
    parts = _parts(shares, count, bool(waiting.conflict[open_rows].any()))
    take(random.permutation(open_rows).tolist(), "control", parts["control"])
    near = _Near(waiting.states, [row for row, _ in picked] + closed.tolist())
    ranks = {"uncertain": entropy(waiting.scores), "conflict": waiting.conflict, "rare": rarity(waiting)}
    for why in REASONS[1:]:
        free = [int(row) for row in open_rows if int(waiting.kin[row]) not in taken]
        if why != "diverse":
            high = np.argsort(-ranks[why][free], kind="stable")[: _WIDER * parts[why]]
            free = [free[n] for n in high]
        take(near.farthest(free, waiting.kin, parts[why]), why, parts[why])
    left = count - len(picked)
    take(random.permutation(open_rows).tolist(), "control", left)
    return [picked[n] for n in random.permutation(len(picked))]


def entropy(scores: Float64) -> Float64:
    """Entropy of probabilities (N, K) as a part of the largest possible, 0 to 1, (N,)."""
    found = -(scores * np.log(np.maximum(scores, 1e-12))).sum(axis=1)
    return np.asarray(found / np.log(scores.shape[1]), np.float64)


def divergence(opinions: Sequence[Float64]) -> float:
    """How far probabilities (K,) of several modalities differ: Jensen-Shannon divergence, 0 to 1; 0 for fewer than two."""
    if len(opinions) < 2:
        return 0.0
    rows = np.stack(opinions)
    mixed, own = (entropy(part).mean() for part in (rows.mean(axis=0, keepdims=True), rows))
    return float(max(0.0, mixed - own) * np.log(rows.shape[1]) / np.log(len(rows)))


def rarity(waiting: Waiting) -> Float64:
    """How much a clip is expected to add to labels with few votes: the mean of 1 / (1 + votes) over its probabilities, (N,)."""
    votes = np.bincount(waiting.labels[waiting.labels >= 0], minlength=waiting.scores.shape[1])
    return np.asarray(waiting.scores @ (1.0 / (1.0 + votes)), np.float64)


def _parts(shares: dict[Why, float], count: int, conflicts: bool) -> dict[Why, int]:
    """How many clips each criterion chooses; they sum to ``count``. The random share is rounded up."""
    control = int(np.ceil(shares["control"] * count))
    rest = {why: share for why, share in shares.items() if why != "control" and (conflicts or why != "conflict")}
    edges = np.round(np.cumsum(list(rest.values())) / max(sum(rest.values()), 1e-9) * (count - control)).astype(int)
    found: dict[Why, int] = dict.fromkeys(REASONS, 0)
    return found | {"control": control} | dict(zip(rest, np.diff(edges, prepend=0).tolist(), strict=True))


class _Near:
    """How far each clip is from the nearest of those that are labelled or chosen."""

    def __init__(self, states: Float64, rows: Sequence[int]) -> None:
        length = np.linalg.norm(states, axis=1, keepdims=True)
        self._states = states / np.maximum(length, 1e-9)
        self._distance = np.full(len(states), 2.0)
        for row in rows:
            self._add(row)

    def _add(self, row: int) -> None:
        self._distance = np.minimum(self._distance, 1.0 - self._states @ self._states[row])

    def farthest(self, rows: Sequence[int], kin: NDArray[np.int64], count: int) -> list[int]:
        """Up to ``count`` of the rows, each time the one that is farthest from all before; one of each group of duplicates."""
        left, found = list(rows), list[int]()
        while left and len(found) < count:
            found.append(max(left, key=lambda row: self._distance[row]))
            self._add(found[-1])
            left = [row for row in left if kin[row] != kin[found[-1]]]
        return found
