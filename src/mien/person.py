"""The person baseline: what is usual for one person, and how far something departs from it. Labels are never used.

People differ in how they sound and look far more than in what they express. So features are taken relative to the running mean
and deviation of their person. While little is known of a person, both are shrunk towards those of all people, as far as the
differences between people suggest (the empirical Bayes estimate of a random effect; James and Stein 1961).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.types import Float32

_SPREAD_STRENGTH = 4.0  # the deviation of all people counts as much as so many rows of the person


@dataclass(frozen=True)
class Population:
    """How features are distributed among the people of the training data, each float32 (D,).

    Attributes:
        centre: mean over people.
        scale: deviation within a person.
        strength: ``centre`` counts as much as so many rows of the person: the variance within people, divided by the variance
            between them.
    """

    centre: Float32
    scale: Float32
    strength: Float32

    @classmethod
    def of(cls, tracks: Iterable[tuple[str, Float32]]) -> Population:
        """From tracks.

        Args:
            tracks: (person, rows (T, D)); gone through once.

        Raises:
            ValueError: if there are not at least two people.
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
        """(T, D) with mean 0 over people and deviation 1 within each."""
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
    """What is usual for one person, by all their standardised features so far.

    Args:
        strength: see ``Population``.
    """

    def __init__(self, strength: Float32) -> None:
        self._strength = strength
        self._own = _Sums()

    def observe(self, rows: Float32) -> None:
        """Take in (T, D) more rows of the person."""
        self._own.add(rows)

    def normalise(self, rows: Float32) -> Float32:
        """Rows (T, D) relative to what is usual for the person; unchanged while no rows of them are known."""
        own = self._own
        usual = own.total / (own.count + self._strength)
        spread = own.squares - 2 * usual * own.total + own.count * usual**2
        variance = (spread + _SPREAD_STRENGTH) / (own.count + _SPREAD_STRENGTH)
        return np.asarray((rows - usual) / np.sqrt(variance), np.float32)
