"""Probabilities that mean what they say: temperature and vector scaling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from mien.types import Float32

_LEAST = 1e-13  # a label the model thinks impossible stays so


@dataclass(frozen=True)
class Calibration:
    """``softmax(scale * log p + bias)`` of a model's probabilities (Guo et al. 2017, arXiv 1706.04599).

    Temperature scaling has one ``scale`` for all labels, the inverse of the temperature, and no bias; vector scaling has one of
    each for every label.

    Attributes:
        scale: float32 (L,), above 0.
        bias: float32 (L,).
    """

    scale: Float32
    bias: Float32

    @classmethod
    def identity(cls, labels: int) -> Self:
        """The one that changes nothing."""
        return cls(np.ones(labels, np.float32), np.zeros(labels, np.float32))

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> Self:
        """Read what ``as_table`` wrote."""
        return cls(np.asarray(table["scale"], np.float32), np.asarray(table["bias"], np.float32))

    def as_table(self) -> dict[str, Any]:
        """Plain values, four digits."""
        return {"scale": [round(float(s), 4) for s in self.scale], "bias": [round(float(b), 4) for b in self.bias]}

    def apply(self, scores: Float32) -> Float32:
        """Calibrated probabilities, (N, L) -> (N, L)."""
        return normalised(self.scale * logs(scores) + self.bias)


def softened(scores: Float32, temperature: float) -> Float32:
    """Less sure: probabilities (N, L) to the power of 1 / ``temperature``, and normalised. 1 leaves them."""
    return scores if temperature == 1.0 else normalised(logs(scores) / temperature)


def logs(scores: Float32) -> Float32:
    """Logarithms of probabilities, finite."""
    return np.asarray(np.log(np.maximum(scores, _LEAST)), np.float32)


def normalised(logits: Float32) -> Float32:
    """Softmax over the last axis."""
    odds = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=-1, keepdims=True), np.float32)
