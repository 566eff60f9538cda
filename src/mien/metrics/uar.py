"""Mean over labels of the recall."""

from __future__ import annotations

from mien.metrics.base import Counts, Sums, confusion, metric, metrics


@metrics.register
@metric(confusion, "single")
def uar(sums: Sums) -> Sums:
    """Unweighted average recall over the labels that occur in the targets (Schuller et al., Interspeech 2009)."""
    counts = Counts(sums)
    return counts.mean(counts.recall)
