"""How far confidence is from accuracy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mien.metrics.base import Sums, metric, metrics, right
from mien.types import Float32

BINS = 15


def bin_of(confidence: Float32, bins: int = BINS) -> NDArray[np.int64]:
    """The index of the bin that each confidence lies in, (N,). The bins divide 0 to 1 into equal widths."""
    return np.clip((confidence * bins).astype(np.int64), 0, bins - 1)


def binned(scores: Float32, targets: Float32, bins: int = BINS) -> Sums:
    """What each example adds to the sums of examples, hits and confidence in each bin, (N, 3 * bins).

    The bins are of the top label's probability.
    """
    confidence = scores.max(axis=1)
    rows, place = np.arange(len(scores)), bin_of(confidence, bins)
    cells = np.zeros((len(scores), 3, bins))
    for part, values in enumerate((np.ones(len(scores)), right(scores, targets), confidence)):
        cells[rows, part, place] = values
    return cells.reshape(len(scores), -1)


@metrics.register
@metric(binned, "single", lower=True, constant=False)
def ece(sums: Sums) -> Sums:
    """Expected calibration error of the top label, equal-width bins (Naeini et al. 2015; Guo et al. 2017, arXiv 1706.04599)."""
    count, hits, confidence = np.moveaxis(sums.reshape(*sums.shape[:-1], 3, -1), -2, 0)
    return np.asarray(np.abs(confidence - hits).sum(axis=-1) / count.sum(axis=-1))
