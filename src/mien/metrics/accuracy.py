"""Share of examples whose most probable label is right."""

from __future__ import annotations

import numpy as np

from mien.metrics.base import Sums, metric, metrics, right
from mien.types import Float32


def _hits(scores: Float32, targets: Float32) -> Sums:
    return np.stack([right(scores, targets), np.ones(len(scores))], axis=1)


@metrics.register
@metric(_hits, "single")
def accuracy(sums: Sums) -> Sums:
    """Accuracy. The right labels of an example are those with the largest target."""
    return sums[..., 0] / sums[..., 1]
