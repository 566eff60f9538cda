"""The person baseline: features relative to what is usual for one person. Labels are used in training only.

People differ in their usual voice and look, and recordings in their sound, far more than in what is expressed. So features are
taken relative to the mean and deviation of what is known of the person: the clip so far, a whole recording, or several.

The mean alone would be a trap: somebody who is angry from beginning to end would be read as neutral. So what the shown
emotions explain of the mean is left in it. A linear classifier guesses the labels of what is known, and the usual value is

    usual = mean over what is known of (features - certain * effects[guessed label])

where ``effects`` holds what each label adds to the features of a person, on average over people. ``certain`` is 1 when the
guesses are nearly all of one label. It falls to 0.5 when they are diverse, because guesses are then often wrong, and the
emotions cancel out in the mean anyway. While little is known, mean and deviation are shrunk towards those of all people (the
empirical Bayes estimate of a random effect; James and Stein 1961).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.types import Float32, Modality

_SPREAD_STRENGTH = 4.0  # the deviation of all people has the weight of so many rows of the person
_CERTAIN = (
    0.55,
    0.75,
)  # entropy of the guessed labels, as a share of the largest: below one label is certain, above many are
_LEAST_CERTAIN = 0.5
_RIGHT = 0.9  # probability of a label that is known


@dataclass(frozen=True)
class Population:
    """How features are distributed among the people of the training data.

    Attributes:
        centre: float32 (D,), mean over people.
        scale: float32 (D,), deviation within a person.
        strength: float32 (D,), the variance within people divided by the variance between people. ``centre`` has the
            weight of so many rows of a person.
        effects: float32 (L, D), what each label adds to the standardised features of a person; the mean over the labels is 0.
            (0, D) where the training data have no labels.
        weights: float32 (D, L), and ``bias`` float32 (L,), of the linear classifier of standardised features.
    """

    centre: Float32
    scale: Float32
    strength: Float32
    effects: Float32
    weights: Float32
    bias: Float32

    def standardise(self, values: Float32, label: int | None = None) -> Float32:
        """Rows for ``Usual``, float32 (T, 2 D + L), of features (T, D).

        The columns are the features with mean 0 over people and deviation 1 within each person; what the guessed labels
        explain of them; and the probabilities of the labels.

        Args:
            values: the features.
            label: index of the right label, in place of the guesses. Training takes it: there the guesses would be better
                than they are about new people.
        """
        rows = np.asarray((values - self.centre) / self.scale, np.float32)
        odds = rows @ self.weights + self.bias
        odds = np.exp(odds - odds.max(axis=1, keepdims=True, initial=0.0))
        guess = odds / np.maximum(odds.sum(axis=1, keepdims=True), 1e-12)
        if label is not None and guess.shape[1]:
            guess = (
                np.full_like(guess, (1 - _RIGHT) / guess.shape[1])
                + _RIGHT * np.eye(guess.shape[1], dtype=np.float32)[label]
            )
        return np.concatenate([rows, guess @ self.effects, guess], axis=1).astype(np.float32)

    def _guess(self, rows: Float32) -> Float32:
        """Probabilities of the labels, (T, L)."""
        logits = rows @ self.weights + self.bias
        odds = np.exp(logits - logits.max(axis=1, keepdims=True)) if len(self.bias) else logits
        return np.asarray(odds / odds.sum(axis=1, keepdims=True), np.float32)

    def _known(self, label: int, count: int) -> Float32:
        size = len(self.bias)
        return np.tile(
            (1 - _RIGHT) / max(size, 1) + _RIGHT * np.eye(size, dtype=np.float32)[label : label + 1], (count, 1)
        )


@dataclass(frozen=True)
class Standardised:
    """The population of a bundle, whose tracks hold rows for ``Usual`` already.

    Attributes:
        strength: see ``Population``.
    """

    strength: Float32

    def standardise(self, values: Float32, label: int | None = None) -> Float32:
        """The values as they are."""
        return values


class Usual:
    """What is usual for one person, from everything known of the person.

    Args:
        strength: see ``Population``, (D,).
    """

    def __init__(self, strength: Float32) -> None:
        self._strength = strength
        self._count = 0.0
        self._sums: NDArray[np.float64] = np.zeros(1)  # of the columns of the rows
        self._squares: NDArray[np.float64] = np.zeros(1)  # of the features

    def observe(self, rows: Float32) -> None:
        """Take in more rows of the person, (T, 2 D + L), see ``Population.standardise``."""
        values = np.asarray(rows, np.float64)
        self._count += len(values)
        self._sums = self._sums + values.sum(axis=0)
        self._squares = self._squares + (values[:, : len(self._strength)] ** 2).sum(axis=0)

    def beginning(self) -> Usual:
        """One that has taken in nothing yet, of the same population."""
        return Usual(self._strength)

    def include(self, other: Usual) -> None:
        """Take in all that another ``Usual`` of the same person has taken in."""
        self._count += other._count
        self._sums = self._sums + other._sums
        self._squares = self._squares + other._squares

    def normalise(self, rows: Float32) -> Float32:
        """Features relative to what is usual for the person, (T, 2 D + L) -> float32 (T, D).

        They stay as they are when nothing is known.
        """
        size = len(self._strength)
        features = rows[:, :size]
        if not self._count:
            return np.asarray(features, np.float32)
        total, explained, guessed = np.split(self._sums, [size, 2 * size])
        usual = (total - _certain(guessed / self._count) * explained) / (self._count + self._strength)
        spread = np.maximum(self._squares - total**2 / self._count, 0.0)
        deviation = np.sqrt((spread + _SPREAD_STRENGTH) / (self._count + _SPREAD_STRENGTH))
        return np.asarray((features - usual) / deviation, np.float32)


def numbered(who: str | None) -> tuple[str, int]:
    """The key by which people are sorted: person-2 comes before person-10."""
    name, _, number = (who or "").rpartition("-")
    return (name, int(number)) if number.isdecimal() else (who or "", 0)


People = dict[tuple[Modality, str | None], Usual]
"""What is usual for each person, by modality. ``None`` stands for unknown people, who count as one."""


def _certain(guessed: NDArray[np.float64]) -> float:
    """How far the guessed labels (L,) of what is known are of one kind, from 0.5 to 1."""
    if len(guessed) < 2:
        return 1.0
    entropy = -float((guessed * np.log(np.maximum(guessed, 1e-12))).sum()) / float(np.log(len(guessed)))
    low, high = _CERTAIN
    return 1.0 - (1.0 - _LEAST_CERTAIN) * float(np.clip((entropy - low) / (high - low), 0.0, 1.0))
