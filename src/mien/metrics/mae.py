"""How far scores are from the targets."""

from __future__ import annotations

import numpy as np

from mien.metrics.base import Sums, metric, metrics
from mien.types import Float32


def _gaps(scores: Float32, targets: Float32) -> Sums:
    return np.stack([np.abs(scores[:, 0] - targets[:, 0]), np.ones(len(scores))], axis=1).astype(np.float64)


@metrics.register
@metric(_gaps, "score", lower=True)
def mae(sums: Sums) -> Sums:
    """Mean absolute error, in the unit of the score."""
    return sums[..., 0] / sums[..., 1]
