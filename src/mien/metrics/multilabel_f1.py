"""Macro F1 where an example may have several labels, as GoEmotions is judged."""

from __future__ import annotations

import numpy as np

from mien.metrics.base import metrics
from mien.types import Float32


@metrics.register
def multilabel_f1(scores: Float32, targets: Float32, thresholds: Float32 | float = 0.3) -> float:
    """Macro F1 of all labels whose score reaches its threshold.

    Args:
        scores: (N, L).
        targets: (N, L), positive where the label holds.
        thresholds: (L,) or one number; choose them on validation data with ``best_thresholds``. 0.3 is the value of
            Demszky et al. 2020 (arXiv 2005.00547).
    """
    from sklearn.metrics import f1_score

    return float(f1_score(targets > 0, scores >= thresholds, average="macro", zero_division=0))


def best_thresholds(scores: Float32, targets: Float32) -> Float32:
    """For each label the threshold with the highest F1, (L,)."""
    from sklearn.metrics import f1_score

    grid = np.linspace(0.05, 0.8, 76)
    best = [
        grid[np.argmax([f1_score(targets[:, k] > 0, scores[:, k] >= t, zero_division=0) for t in grid])]
        for k in range(scores.shape[1])
    ]
    return np.asarray(best, np.float32)
