"""Share of examples whose most probable label is right."""

from __future__ import annotations

from mien.metrics.base import metrics, right
from mien.types import Float32


@metrics.register
def accuracy(scores: Float32, targets: Float32) -> float:
    """Accuracy; the right labels are those with the largest target."""
    return float(right(scores, targets).mean())
