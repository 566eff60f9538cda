"""Mean over labels of the F1 score, weighted by how often they occur."""

from __future__ import annotations

from mien.metrics.base import Counts, Sums, confusion, metric, metrics


@metrics.register
@metric(confusion, "single")
def weighted_f1(sums: Sums) -> Sums:
    """Weighted F1 of the most probable label."""
    counts = Counts(sums)
    return counts.weighted(counts.f1)
