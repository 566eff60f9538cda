"""Unweighted average recall: the mean over labels of the share of their examples that were found."""

from __future__ import annotations

from mien.metrics.base import metrics
from mien.types import Float32


@metrics.register
def uar(scores: Float32, targets: Float32) -> float:
    """Unweighted average recall over the labels that occur in the targets (Schuller et al., Interspeech 2009)."""
    from sklearn.metrics import recall_score

    truth = targets.argmax(axis=1)
    return float(
        recall_score(truth, scores.argmax(axis=1), labels=sorted(set(truth)), average="macro", zero_division=0)
    )
