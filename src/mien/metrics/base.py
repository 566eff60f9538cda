"""What a metric is."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mien.registry import Family
from mien.types import Float32


class Metric(Protocol):
    """Scores (N, L) and targets (N, L) to one number. Targets of a single-label task are distributions."""

    def __call__(self, scores: Float32, targets: Float32) -> float:
        """Measure."""


metrics: Family[float] = Family("metrics", "mien.metrics")


def right(scores: Float32, targets: Float32) -> NDArray[np.bool_]:
    """Whether the most probable label is (one of) the right one(s), bool (N,)."""
    chosen = np.take_along_axis(targets, scores.argmax(axis=1)[:, None], axis=1)[:, 0]
    return np.asarray(chosen >= targets.max(axis=1))
