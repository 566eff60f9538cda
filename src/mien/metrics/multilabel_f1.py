"""Macro F1 where an example may have several labels, as in the GoEmotions benchmark."""

from __future__ import annotations

import numpy as np

from mien.metrics.base import Sums, metric, metrics
from mien.types import Float32


def _found(scores: Float32, targets: Float32, thresholds: Float32 | float = 0.3) -> Sums:
    """For each example, the hits of each label, then how often it is true plus how often it is answered, (N, 2 * L).

    Args:
        scores: (N, L).
        targets: (N, L), positive where the label is true.
        thresholds: (L,) or one number; choose them on validation data with ``best_thresholds``. 0.3 is the value of
            Demszky et al. 2020 (arXiv 2005.00547).
    """
    true, answered = targets > 0, scores >= thresholds
    return np.concatenate([true & answered, true.astype(float) + answered], axis=1)


@metrics.register
@metric(_found, "multi")
def multilabel_f1(sums: Sums) -> Sums:
    """Macro F1 over all labels. A label is answered where its score reaches its threshold; see ``best_thresholds``."""
    hits, both = np.split(sums, 2, axis=-1)
    return np.asarray((2 * hits / np.maximum(both, 1)).mean(axis=-1))


def best_thresholds(scores: Float32, targets: Float32) -> Float32:
    """The threshold with the highest F1 for each label, float32 (L,). Use it on validation data only."""
    grid = np.linspace(0.05, 0.8, 76)
    tables = [_found(scores, targets, t).sum(axis=0).reshape(2, -1) for t in grid]
    f1 = np.stack([2 * hits / np.maximum(both, 1) for hits, both in tables])
    return np.asarray(grid[f1.argmax(axis=0)], np.float32)
