"""Calibrated probabilities: temperature scaling and vector scaling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np

from mien.recipe import strict
from mien.types import Float32, Modality

Measures = Mapping[Modality, Mapping[str, Float32]]
"""{modality: {name: (N,)}}: measures of the inputs of N answers, see ``Encoder.measures``."""

_REACH = 2.0  # deviations; a measure that is further from its usual value counts as this far
_MOST = float(np.log(2))  # all measures together double the temperature at most, or halve it
_LEAST = 1e-13  # smallest probability; a label with less stays practically impossible


@dataclass(frozen=True)
class Slope:
    """How the logarithm of the temperature changes with one measure of one modality.

    Attributes:
        modality: whose input.
        measure: name of the measure.
        centre: usual value of the measure.
        spread: usual deviation from ``centre``.
        slope: how much a value that is one ``spread`` above ``centre`` adds to the logarithm of the temperature.
    """

    modality: Modality
    measure: str
    centre: float
    spread: float
    slope: float

    def log_temperature(self, measures: Measures) -> Float32 | float:
        """The term that it adds for each answer, (N,); 0 where the measure is missing."""
        values = measures.get(self.modality, {}).get(self.measure)
        return 0.0 if values is None else self.slope * standardised(values, self.centre, self.spread)


@dataclass(frozen=True)
class _Numbers:
    """A calibration as JSON holds it."""

    scale: tuple[float, ...]
    bias: tuple[float, ...]
    slopes: tuple[Slope, ...] = ()

    def __post_init__(self) -> None:
        if not self.scale or len(self.scale) != len(self.bias):
            raise ValueError(f"a scale and a bias for each label, not {len(self.scale)} and {len(self.bias)}")
        if not np.isfinite((*self.scale, *self.bias)).all():
            raise ValueError("a scale and a bias are finite numbers")


@dataclass(frozen=True)
class Calibration:
    """``softmax((scale * log p + bias) / t(input))`` of a model's probabilities p.

    Temperature scaling has one ``scale`` for all labels, the inverse of the temperature, and no bias. Vector scaling has a
    scale and a bias for every label (both: Guo et al. 2017, arXiv 1706.04599). With ``slopes`` the temperature depends on
    measures of the input, because a model is over-confident on some recordings and under-confident on others (as in
    multi-domain temperature scaling, Yu et al. 2022, arXiv 2206.02757).

    Attributes:
        scale: float32 (L,), above 0.
        bias: float32 (L,).
        slopes: terms of log t; without any, t is 1.
    """

    scale: Float32
    bias: Float32
    slopes: tuple[Slope, ...] = ()

    @classmethod
    def identity(cls, labels: int) -> Self:
        """The calibration that changes nothing."""
        return cls(np.ones(labels, np.float32), np.zeros(labels, np.float32))

    @classmethod
    def from_table(cls, table: Mapping[str, Any], place: str) -> Self:
        """Read what ``as_table`` wrote.

        Raises:
            RecipeError: the table is no calibration. The message calls it ``place``.
        """
        numbers = strict.build(_Numbers, table, place)
        return cls(np.asarray(numbers.scale, np.float32), np.asarray(numbers.bias, np.float32), numbers.slopes)

    def as_table(self) -> dict[str, Any]:
        """Plain values, rounded to four digits."""
        numbers = {"scale": [round(float(s), 4) for s in self.scale], "bias": [round(float(b), 4) for b in self.bias]}
        return {**numbers, "slopes": [asdict(s) for s in self.slopes]}

    def rounded(self) -> Self:
        """The calibration with the four digits that a bundle keeps."""
        return self.from_table(self.as_table(), "a calibration")

    def apply(self, scores: Float32, measures: Measures | None = None) -> Float32:
        """Calibrated probabilities, (N, L) -> (N, L). Slopes whose measures are missing are left out."""
        logarithm = sum((s.log_temperature(measures or {}) for s in self.slopes), np.zeros(len(scores)))
        temperature = np.exp(np.clip(logarithm, -_MOST, _MOST))
        return normalised((self.scale * logs(scores) + self.bias) / temperature[:, None])


def standardised(values: Float32, centre: float, spread: float) -> Float32:
    """A measure as number of deviations from its usual value, (N,), limited to two on either side."""
    return np.asarray(np.clip((values - centre) / spread, -_REACH, _REACH), np.float32)


def softened(scores: Float32, temperature: Float32 | float) -> Float32:
    """Make probabilities less sure: to the power of 1 / temperature, normalised, (N, L).

    Args:
        scores: probabilities (N, L).
        temperature: one for all, or (N,). 1 leaves the probabilities as they are.
    """
    each = np.broadcast_to(np.asarray(temperature, np.float32), len(scores))[:, None]
    return np.asarray(np.where(each == 1.0, scores, normalised(logs(scores) / each)), np.float32)


def logs(scores: Float32) -> Float32:
    """Logarithms of probabilities, always finite."""
    return np.asarray(np.log(np.maximum(scores, _LEAST)), np.float32)


def normalised(logits: Float32) -> Float32:
    """Softmax over the last axis."""
    odds = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=-1, keepdims=True), np.float32)
