"""Seven-class accuracy of a sentiment score from -3 to 3."""

from __future__ import annotations

import numpy as np

from mien.metrics.base import Bounds, Sums, metric, metrics
from mien.types import Float32


def _rounded(scores: Float32, targets: Float32) -> Sums:
    classes = [np.round(np.clip(a[:, 0], -3.0, 3.0)) for a in (scores, targets)]
    return np.stack([classes[0] == classes[1], np.ones(len(scores))], axis=1).astype(np.float64)


def _seven(bounds: Bounds) -> bool:
    return bounds == (-3.0, 3.0)


@metrics.register
@metric(_rounded, "score", where=_seven)
def acc7(sums: Sums) -> Sums:
    """Share of scores that equal the target when both are rounded to whole numbers (Tsai et al. 2019, arXiv 1906.00295)."""
    return sums[..., 0] / sums[..., 1]
