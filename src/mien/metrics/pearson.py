"""Whether scores rise and fall with the targets."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mien.metrics.base import Sums, metric, metrics
from mien.types import Float32


class Moments(NamedTuple):
    """Means of scores and targets, their variances and their covariance, each (...)."""

    means: tuple[Sums, Sums]
    variances: tuple[Sums, Sums]
    covariance: Sums


def products(scores: Float32, targets: Float32) -> Sums:
    """1, x, y, xx, yy and xy of each example, (N, 6); x is the score, y the target."""
    x, y = scores[:, 0].astype(np.float64), targets[:, 0].astype(np.float64)
    return np.stack([np.ones(len(x)), x, y, x * x, y * y, x * y], axis=1)


def moments(sums: Sums) -> Moments:
    """Moments from the sums of ``products``, (..., 6)."""
    x, y, xx, yy, xy = (sums[..., k] / sums[..., 0] for k in range(1, 6))
    variances = np.maximum(xx - x * x, 0.0), np.maximum(yy - y * y, 0.0)
    return Moments((x, y), variances, xy - x * y)


@metrics.register
@metric(products, "score", constant=False)
def pearson(sums: Sums) -> Sums:
    """Pearson's correlation; 0 where scores or targets are constant."""
    _, (one, other), covariance = moments(sums)
    return np.asarray(covariance / np.sqrt(np.maximum(one * other, 1e-18)))
