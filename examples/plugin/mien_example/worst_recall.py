"""The recall of the label that is recognised worst."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mien.metrics.base import Counts, Sums, confusion, metric


@metric(confusion, "single")
def worst_recall(sums: Sums) -> NDArray[np.float64]:
    """The lowest recall of any label that occurs."""
    counts = Counts(sums)
    return np.asarray(np.where(counts.truths > 0, counts.recall, 1.0).min(axis=-1))
