"""The learning curve of a set: what one more hundred labels would bring, and of which kind.

A small classifier on encoder states learns from parts of the labels and is tested on people whom it does not know. Its recall
is extrapolated by a power law (Hestness et al. 2017, arXiv 1712.00409; Figueroa et al. 2012). It tells how the set grows, not
how good a model will be.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mien.collection.choice.probe import Float64, fit, uar

FEWEST = 60
"""Labelled clips without which there is no curve."""
_PARTS = (0.25, 0.4, 0.6, 0.8, 1.0)
_FOLDS, _REPEATS = 4, 4
_MORE = 100


@dataclass(frozen=True)
class Learning:
    """A learning curve.

    Attributes:
        points: (labels, recall on unknown people, its deviation over repetitions).
        gain: how much recall one more hundred labels like these would add.
        kinds: {label: how much recall is lost, for each hundred clips, when half of the clips of this label are missing}; the
            first is the kind of which more would bring most.
    """

    points: Sequence[tuple[int, float, float]]
    gain: float
    kinds: Mapping[str, float] = field(default_factory=dict)


def learning(states: Float64, labels: Sequence[str], people: Sequence[str]) -> Learning | None:
    """The curve, or ``None`` for too few clips, labels or people.

    Args:
        states: float64 (N, D), see ``mien.collection.choice.probe.reduced``.
        labels, people: of each clip.
    """
    names, numbers = np.unique(list(labels), return_inverse=True)
    who = np.unique(list(people), return_inverse=True)[1]
    if len(labels) < FEWEST or len(names) < 2 or len(np.unique(who)) < _FOLDS:
        return None
    work = _Work(states, numbers.astype(np.int64), who.astype(np.int64), len(names))
    points = []
    for part in _PARTS:
        found = [work.recall(part, seed) for seed in range(_REPEATS)]
        points.append((round(part * len(labels) * (1 - 1 / _FOLDS)), float(np.mean(found)), float(np.std(found))))
    kinds = {}
    for number, name in enumerate(names):
        count = int((numbers == number).sum())
        if count >= 8:
            lost = np.mean([work.recall(1.0, seed) - work.recall(1.0, seed, halved=number) for seed in range(_REPEATS)])
            kinds[str(name)] = float(lost / (count / 2) * _MORE)
    return Learning(points, _gain(points), dict(sorted(kinds.items(), key=lambda pair: -pair[1])))


@dataclass(frozen=True)
class _Work:
    """Clips to learn from: states (N, D), labels and people as numbers (N,), and how many labels there are."""

    states: Float64
    labels: NDArray[np.int64]
    people: NDArray[np.int64]
    classes: int

    def recall(self, part: float, seed: int, halved: int = -1) -> float:
        """Mean recall over folds of people, learned from a part of the other people's clips; of label ``halved`` from half."""
        random = np.random.default_rng(seed)
        fold = random.permutation(int(self.people.max()) + 1)[self.people] % _FOLDS
        predicted = np.zeros_like(self.labels)
        for number in range(_FOLDS):
            rows = random.permutation(np.flatnonzero(fold != number))
            rows = rows[: max(2, round(part * len(rows)))]
            if halved >= 0:
                half = rows[self.labels[rows] == halved]
                rows = np.setdiff1d(rows, half[: len(half) // 2])
            probe = fit(self.states[rows], self.labels[rows], self.classes)
            tested = fold == number
            predicted[tested] = probe.probabilities(self.states[tested]).argmax(axis=1)
        return uar(predicted, self.labels)


def _gain(points: Sequence[tuple[int, float, float]]) -> float:
    """What one more hundred adds, by the power law 1 - recall = a n^-b through the points; never below 0."""
    counts, recalls = np.asarray([p[0] for p in points], float), np.asarray([p[1] for p in points])
    slope, height = np.polyfit(np.log(counts), np.log(np.maximum(1 - recalls, 1e-3)), 1)
    if slope >= 0:
        return 0.0
    now, then = (1 - np.exp(height) * count**slope for count in (counts[-1], counts[-1] + _MORE))
    return float(max(0.0, then - now))
