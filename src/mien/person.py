"""The person baseline: features relative to what is usual for one person. Labels are never used.

People differ in their usual voice and look far more than in what they express. So features are taken relative to the running
mean and deviation of their person. While there are few data of a person, both are shrunk towards those of all people. How far
depends on the differences between people (the empirical Bayes estimate of a random effect; James and Stein 1961).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.types import Float32

_SPREAD_STRENGTH = 4.0  # the deviation of all people has the weight of so many rows of the person


@dataclass(frozen=True)
class Population:
    """How features are distributed among the people of the training data.

    Attributes:
        centre: float32 (D,), mean over people.
        scale: float32 (D,), deviation within a person.
        strength: float32 (D,), the variance within people divided by the variance between people. ``centre`` has the weight of
            so many rows of a person.
    """

    centre: Float32
    scale: Float32
    strength: Float32

    @classmethod
    def of(cls, tracks: Iterable[tuple[str, Float32]]) -> Population:
        """The population of some tracks.

        Args:
            tracks: (person, rows float32 (T, D)); it is iterated once.

        Raises:
            ValueError: there are fewer than two people.
        """
        people: dict[str, _Sums] = defaultdict(_Sums)
        for person, rows in tracks:
            people[person].add(rows)
        if len(people) < 2:
            raise ValueError("a person baseline needs rows of at least two people")
        counts = np.asarray([p.count for p in people.values()])
        means = np.stack([p.total / p.count for p in people.values()])
        squares = np.sum([p.squares for p in people.values()], axis=0)
        within = (squares - (counts[:, None] * means**2).sum(axis=0)) / max(counts.sum() - len(people), 1)
        within = np.maximum(within, 1e-6)
        between = np.maximum(means.var(axis=0, ddof=1) - within * (1 / counts).mean(), 1e-4 * within)
        return cls(*(a.astype(np.float32) for a in (means.mean(axis=0), np.sqrt(within), within / between)))

    def standardise(self, rows: Float32) -> Float32:
        """Rows (T, D) with mean 0 over people and deviation 1 within each person, float32 (T, D)."""
        return np.asarray((rows - self.centre) / self.scale, np.float32)


class _Sums:
    """Count, sum and sum of squares of rows."""

    def __init__(self) -> None:
        self.count = 0
        self.total: NDArray[np.float64] = np.zeros(1)
        self.squares: NDArray[np.float64] = np.zeros(1)

    def add(self, rows: Float32) -> None:
        values = np.asarray(rows, np.float64)
        self.count += len(values)
        self.total = self.total + values.sum(axis=0)
        self.squares = self.squares + (values**2).sum(axis=0)


class Baseline:
    """What is usual for one person, from all standardised features of the person so far.

    Args:
        strength: see ``Population``.
    """

    def __init__(self, strength: Float32) -> None:
        self._strength = strength
        self._own = _Sums()

    def observe(self, rows: Float32) -> None:
        """Take in more rows (T, D) of the person."""
        self._own.add(rows)

    def normalise(self, rows: Float32) -> Float32:
        """Rows (T, D) relative to what is usual for the person, float32 (T, D); unchanged before the first ``observe``."""
        own = self._own
        usual = own.total / (own.count + self._strength)
        spread = own.squares - 2 * usual * own.total + own.count * usual**2
        variance = (spread + _SPREAD_STRENGTH) / (own.count + _SPREAD_STRENGTH)
        return np.asarray((rows - usual) / np.sqrt(variance), np.float32)
