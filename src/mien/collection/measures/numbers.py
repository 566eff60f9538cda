"""Single figures about a set: effective numbers, entropy, coverage, diversity."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]

CELLS = 5
"""The plane of valence and arousal is divided into 5 by 5 squares."""


def effective(counts: Iterable[int]) -> float:
    """How many equally frequent ones would be as diverse: exp of the entropy (Hill number of order 1, Jost 2006)."""
    found = np.asarray([count for count in counts if count], float)
    shares = found / found.sum() if len(found) else found
    return float(np.exp(-(shares * np.log(shares)).sum())) if len(found) else 0.0


def evenness(counts: Sequence[int]) -> float:
    """Entropy of counts as a part of the largest possible, 0 to 1; 1 where all are equally frequent."""
    return float(np.log(max(effective(counts), 1.0)) / np.log(len(counts))) if len(counts) > 1 else 1.0


def vendi(states: Float64) -> float:
    """The Vendi score (Friedman and Dieng 2023, TMLR): how many entirely different clips would be as diverse.

    It is exp of the entropy of the eigenvalues of the cosine similarities divided by their number.

    Args:
        states: float64 (N, D), see ``mien.collection.choice.probe.reduced``; 0 rows give 0.
    """
    if not len(states):
        return 0.0
    rows = states / np.maximum(np.linalg.norm(states, axis=1, keepdims=True), 1e-9)
    # X X' and X' X have the same eigenvalues but for zeros, and D is small.
    values = np.linalg.eigvalsh(rows.T @ rows / len(rows))
    shares = values[values > 1e-12]
    return float(np.exp(-(shares * np.log(shares)).sum()))


def plane(points: Sequence[tuple[float, float]]) -> NDArray[np.int64]:
    """How many clips lie in each square of valence (columns) and arousal (rows, calm first), int64 (5, 5)."""
    found = np.zeros((CELLS, CELLS), np.int64)
    for valence, arousal in points:
        column, row = (min(CELLS - 1, int((value + 1) / 2 * CELLS)) for value in (valence, arousal))
        found[row, column] += 1
    return found
