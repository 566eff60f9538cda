"""Mean over labels of the F1 score."""

from __future__ import annotations

from mien.metrics.base import Counts, Sums, confusion, metric, metrics


@metrics.register
@metric(confusion, "single")
def macro_f1(sums: Sums) -> Sums:
    """Macro F1 of the most probable label, over the labels that occur in the targets."""
    counts = Counts(sums)
    return counts.mean(counts.f1)
