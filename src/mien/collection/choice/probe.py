"""A small classifier on encoder states, which learns from the labels so far in a second: multinomial logistic regression.

Classes count equally, however many examples they have. It needs NumPy alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]

_STEPS, _RATE = 150, 0.1
_PENALTY = 3e-3  # on the mean square of the weights


@dataclass(frozen=True)
class Probe:
    """A fitted classifier: ``weights`` float64 (D + 1, K), the last row for the constant; ``known`` bool (K,) classes seen."""

    weights: Float64
    known: NDArray[np.bool_]

    def probabilities(self, states: Float64) -> Float64:
        """Probabilities of the classes, float64 (N, K); 0 for a class that no example had."""
        return _softmax(_extended(states) @ self.weights, self.known)


def fit(states: Float64, labels: NDArray[np.int64], classes: int) -> Probe:
    """Fits the classifier by gradient steps with momentum (Adam, Kingma and Ba 2015).

    Args:
        states: float64 (N, D), N at least 1, of about unit scale; see ``reduced``.
        labels: int64 (N,), the class of each.
        classes: K.
    """
    counts = np.bincount(labels, minlength=classes)
    known = counts > 0
    share = 1.0 / counts[labels] / known.sum()  # each class has the same weight in all
    rows, wanted = _extended(states), np.eye(classes)[labels]
    weights = np.zeros((rows.shape[1], classes))
    mean, square = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, _STEPS + 1):
        slope = rows.T @ ((_softmax(rows @ weights, known) - wanted) * share[:, None]) + _PENALTY * weights
        mean, square = 0.9 * mean + 0.1 * slope, 0.99 * square + 0.01 * slope**2
        weights -= _RATE * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
    return Probe(weights, known)


def reduced(states: Sequence[Float64], dims: int = 64) -> Float64:
    """The principal components of encoder states of unit scale, float64 (N, at most ``dims``).

    Args:
        states: of each modality, float64 (N, D); a row of NaN where a clip lacks it, which then counts as an average clip.
        dims: how many components are kept.
    """
    columns = [_standardised(part) for part in states if part.size]
    rows = np.concatenate(columns, axis=1)
    _, vectors = np.linalg.eigh(rows.T @ rows / len(rows))
    found = rows @ vectors[:, ::-1][:, : min(dims, len(rows))]
    return np.asarray(
        found / max(float(np.sqrt((found**2).sum(axis=1).mean())), 1e-9) * np.sqrt(found.shape[1]), np.float64
    )


def uar(predicted: NDArray[np.int64], labels: NDArray[np.int64]) -> float:
    """Unweighted average recall: the mean over the classes in ``labels`` of the share that was found."""
    return float(np.mean([np.mean(predicted[labels == k] == k) for k in np.unique(labels)]))


def _standardised(part: Float64) -> Float64:
    mean, deviation = np.nanmean(part, axis=0), np.nanstd(part, axis=0)
    scaled = (part - mean) / np.maximum(deviation, 1e-6) / np.sqrt(part.shape[1])
    return np.asarray(np.nan_to_num(scaled), np.float64)


def _extended(states: Float64) -> Float64:
    return np.concatenate([states, np.ones((len(states), 1))], axis=1)


def _softmax(scores: Float64, known: NDArray[np.bool_]) -> Float64:
    scores = np.where(known, scores, -np.inf)
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True), np.float64)
