"""Agreement of scores with the targets, in mean and scale too."""

from __future__ import annotations

import numpy as np

from mien.metrics.base import Sums, metric, metrics
from mien.metrics.pearson import moments, products


@metrics.register
@metric(products, "score", constant=False)
def ccc(sums: Sums) -> Sums:
    """Concordance correlation coefficient (Lin 1989, Biometrics 45: 255-268)."""
    (x, y), (one, other), covariance = moments(sums)
    return np.asarray(2 * covariance / np.maximum(one + other + (x - y) ** 2, 1e-18))
