"""Squared distance between probabilities and targets."""

from __future__ import annotations

import numpy as np

from mien.metrics.base import Sums, metric, metrics
from mien.types import Float32


def _squares(scores: Float32, targets: Float32) -> Sums:
    return np.stack([((scores - targets) ** 2).sum(axis=1), np.ones(len(scores))], axis=1).astype(np.float64)


@metrics.register
@metric(_squares, "single", "multi", lower=True, constant=False)
def brier(sums: Sums) -> Sums:
    """Brier score (Brier 1950): the sum over labels, mean over examples. It is 0 to 2 for single-label tasks."""
    return sums[..., 0] / sums[..., 1]
