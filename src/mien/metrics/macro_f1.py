"""Mean over labels of the F1 score."""

from __future__ import annotations

from mien.metrics.base import metrics
from mien.types import Float32


@metrics.register
def macro_f1(scores: Float32, targets: Float32) -> float:
    """Macro F1 of the most probable label, over the labels that occur in the targets."""
    from sklearn.metrics import f1_score

    truth = targets.argmax(axis=1)
    return float(f1_score(truth, scores.argmax(axis=1), labels=sorted(set(truth)), average="macro", zero_division=0))
