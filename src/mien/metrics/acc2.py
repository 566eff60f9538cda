"""Two-class accuracy of a sentiment score, in both ways papers define it."""

from __future__ import annotations

import numpy as np

from mien.metrics.base import Counts, Sums, both_signs, measure, metrics, pairs
from mien.types import Float32

VARIANTS = ("has0", "non0")


def signs(scores: Float32, targets: Float32, way: str = "non0") -> Sums:
    """Confusion of two classes, (N, 4).

    Args:
        scores, targets: (N, 1), the neutral score being 0.
        way: "has0": negative against non-negative, all examples (Zadeh et al. 2017, arXiv 1707.07250). "non0": negative against
            positive, without the examples whose truth is 0 (Tsai et al. 2019, arXiv 1906.00295).
    """
    x, y = scores[:, 0], targets[:, 0]
    if way == "has0":
        return pairs((y >= 0).astype(int), (x >= 0).astype(int), 2)
    return np.asarray(pairs((y > 0).astype(int), (x > 0).astype(int), 2) * (y != 0)[:, None])


@metrics.register
@measure(signs, "score", where=both_signs, variants={f"acc2_{way}": (way,) for way in VARIANTS})
def acc2(sums: Sums) -> Sums:
    """Accuracy of the sign of the score; see ``signs`` for ``has0`` and ``non0``."""
    counts = Counts(sums)
    total = counts.truths.sum(axis=-1)
    return np.asarray(counts.hits.sum(axis=-1) / np.where(total > 0, total, np.nan))
