"""The negative log-likelihood of the targets."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mien.metrics.base import Sums, metric, metrics
from mien.types import Float32

_LEAST = 1e-12  # smallest probability that counts; a graph in float16 may give 0


def negative_log_likelihood(scores: Float32, targets: Float32) -> NDArray[np.float64]:
    """Negative log-likelihood of each example in nats, float64 (N,)."""
    logs = np.log(np.clip(scores.astype(np.float64), _LEAST, 1.0))
    return np.asarray(-(targets * logs).sum(axis=1))


def _each(scores: Float32, targets: Float32) -> Sums:
    return np.stack([negative_log_likelihood(scores, targets), np.ones(len(scores))], axis=1)


@metrics.register
@metric(_each, "single", lower=True, constant=False)
def nll(sums: Sums) -> Sums:
    """Negative log-likelihood in nats, mean over examples. With soft targets it is the cross-entropy."""
    return sums[..., 0] / sums[..., 1]
