"""How far confidence is from accuracy."""

from __future__ import annotations

import numpy as np

from mien.metrics.base import metrics, right
from mien.types import Float32


@metrics.register
def ece(scores: Float32, targets: Float32, bins: int = 15) -> float:
    """Expected calibration error of the top label, equal-width bins (Naeini et al. 2015; Guo et al. 2017, arXiv 1706.04599)."""
    confidence = scores.max(axis=1)
    hits = right(scores, targets)
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [
        abs(float(confidence[place == b].mean()) - float(hits[place == b].mean())) * float((place == b).mean())
        for b in np.unique(place)
    ]
    return float(sum(gaps))
