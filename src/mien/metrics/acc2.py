"""Two-class accuracy of a sentiment score, in the two ways that papers define it."""

from __future__ import annotations

import numpy as np

from mien.metrics.base import Counts, Sums, both_signs, metric, metrics, pairs
from mien.types import Float32

VARIANTS = ("has0", "non0")


def signs(scores: Float32, targets: Float32, way: str = "non0") -> Sums:
    """What each example adds to a confusion matrix of two classes, (N, 4).

    Args:
        scores, targets: (N, 1); 0 is neutral.
        way: "has0" compares negative with non-negative, over all examples (Zadeh et al. 2017, arXiv 1707.07250). "non0" leaves
            out the examples whose target is 0; the classes are positive and not positive (Tsai et al. 2019, arXiv 1906.00295).
    """
    x, y = scores[:, 0], targets[:, 0]
    if way == "has0":
        return pairs((y >= 0).astype(int), (x >= 0).astype(int), 2)
    return np.asarray(pairs((y > 0).astype(int), (x > 0).astype(int), 2) * (y != 0)[:, None])


@metrics.register
@metric(signs, "score", where=both_signs, variants={f"acc2_{way}": (way,) for way in VARIANTS})
def acc2(sums: Sums) -> Sums:
    """Accuracy of the sign of the score; see ``signs`` for ``has0`` and ``non0``. NaN where no example counts."""
    counts = Counts(sums)
    total = counts.truths.sum(axis=-1)
    return np.asarray(counts.hits.sum(axis=-1) / np.where(total > 0, total, np.nan))
