"""The votes of several annotators as arrays: labels (``Votes``) and numbers on a scale (``Ratings``)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Votes:
    """Labels that annotators gave to units. A unit is what was voted on: a clip, or one modality of it.

    Attributes:
        units: names of the N units.
        annotators: names of the A annotators.
        labels: the L labels.
        unit, annotator, label: places in these tuples, one for each of the V votes, int64 (V,).
        weight: how much each vote counts, float64 (V,). Several labels of one ballot share a weight of 1.
    """

    units: tuple[str, ...]
    annotators: tuple[str, ...]
    labels: tuple[str, ...]
    unit: Ints
    annotator: Ints
    label: Ints
    weight: Floats

    @classmethod
    def of(cls, entries: Iterable[tuple[str, str, str]], labels: Sequence[str]) -> Votes:
        """Votes from triples of unit, annotator and label, each with a weight of 1.

        Raises:
            ValueError: a label is not among ``labels``.
        """
        return cls.weighted(((*entry, 1.0) for entry in entries), labels)

    @classmethod
    def weighted(cls, entries: Iterable[tuple[str, str, str, float]], labels: Sequence[str]) -> Votes:
        """Votes from unit, annotator, label and weight.

        Raises:
            ValueError: a label is not among ``labels``.
        """
        rows = list(entries)
        units, annotators = _names(row[0] for row in rows), _names(row[1] for row in rows)
        return cls(
            tuple(units),
            tuple(annotators),
            tuple(labels),
            np.asarray([units[row[0]] for row in rows], np.int64),
            np.asarray([annotators[row[1]] for row in rows], np.int64),
            np.asarray([tuple(labels).index(row[2]) for row in rows], np.int64),
            np.asarray([row[3] for row in rows], np.float64),
        )

    def __len__(self) -> int:
        return len(self.unit)

    @property
    def counts(self) -> Floats:
        """Weighted votes of each unit for each label, (N, L)."""
        found = np.zeros((len(self.units), len(self.labels)))
        np.add.at(found, (self.unit, self.label), self.weight)
        return found

    @property
    def ballots(self) -> tuple[Ints, Floats]:
        """What each annotator gave each unit: the unit of each of the B ballots, (B,), and its weights, (B, L)."""
        keys, place = np.unique(self.unit * len(self.annotators) + self.annotator, return_inverse=True)
        weights = np.zeros((len(keys), len(self.labels)))
        np.add.at(weights, (place, self.label), self.weight)
        return keys // max(len(self.annotators), 1), weights

    def against(self, label: int) -> Votes:
        """The same votes, for one label (place 0) or for any other (place 1)."""
        names = (self.labels[label], f"not {self.labels[label]}")
        return replace(self, labels=names, label=(self.label != label).astype(np.int64))


@dataclass(frozen=True)
class Ratings:
    """Numbers that annotators gave to units, such as the valence of a clip.

    Attributes:
        units: names of the N units.
        unit: the place of the unit of each rating, int64 (V,).
        value: the numbers, float64 (V,).
    """

    units: tuple[str, ...]
    unit: Ints
    value: Floats

    @classmethod
    def of(cls, entries: Iterable[tuple[str, float]]) -> Ratings:
        """Ratings from pairs of unit and number."""
        rows = list(entries)
        units = _names(unit for unit, _ in rows)
        places = np.asarray([units[unit] for unit, _ in rows], np.int64)
        return cls(tuple(units), places, np.asarray([value for _, value in rows], np.float64))


def _names(found: Iterable[str]) -> dict[str, int]:
    """{name: its place}, in the order in which names first occur."""
    return {name: place for place, name in enumerate(dict.fromkeys(found))}
