"""F1 score averaged over labels in proportion to how often they occur."""

from __future__ import annotations

from mien.metrics.base import metrics
from mien.types import Float32


@metrics.register
def weighted_f1(scores: Float32, targets: Float32) -> float:
    """Weighted F1 of the most probable label."""
    from sklearn.metrics import f1_score

    return float(f1_score(targets.argmax(axis=1), scores.argmax(axis=1), average="weighted", zero_division=0))
