"""The person baseline: what is usual for one person, and how far something departs from it. Labels are never used."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from mien.types import Float32

STRENGTH = 4.0
"""A person starts as the average one, counted as so many rows; with more rows heard, what is their own prevails."""


@dataclass(frozen=True)
class Population:
    """Mean and deviation of every feature over all people of the training data, each float32 (D,)."""

    centre: Float32
    scale: Float32

    @classmethod
    def of(cls, tracks: Iterable[Float32]) -> Population:
        """Of tracks (T, D), one after the other.

        Raises:
            ValueError: if there is no row at all.
        """
        count, total, squares = 0, np.zeros(()), np.zeros(())
        for values in tracks:
            rows = np.asarray(values, np.float64)
            count, total, squares = count + len(rows), total + rows.sum(axis=0), squares + (rows**2).sum(axis=0)
        if not count:
            raise ValueError("a population needs at least one row")
        centre = total / count
        scale = np.sqrt(np.maximum(squares / count - centre**2, 1e-6))
        return cls(centre.astype(np.float32), scale.astype(np.float32))

    def standardise(self, rows: Float32) -> Float32:
        """(T, D) with mean 0 and deviation 1 over the population."""
        return np.asarray((rows - self.centre) / self.scale, np.float32)


STANDARD = Population(np.zeros(1, np.float32), np.ones(1, np.float32))
"""That of tracks which are standardised already, as those of a bundle are."""


class Baseline:
    """Running mean and deviation of one person's standardised features."""

    def __init__(self) -> None:
        self._count = 0.0
        self._total = self._squares = np.zeros(())

    def observe(self, rows: Float32) -> None:
        """Hear or see (T, D) more of the person."""
        values = np.asarray(rows, np.float64)
        self._count += len(values)
        self._total = self._total + values.sum(axis=0)
        self._squares = self._squares + (values**2).sum(axis=0)

    def normalise(self, rows: Float32) -> Float32:
        """(T, D) relative to what is usual for the person; unchanged while nothing is known of them."""
        weight = self._count + STRENGTH
        mean = self._total / weight
        variance = (self._squares + STRENGTH) / weight - mean**2
        return np.asarray((rows - mean) / np.sqrt(np.maximum(variance, 0.01)), np.float32)
