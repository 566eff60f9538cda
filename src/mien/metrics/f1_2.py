"""Two-class F1 of a sentiment score, in the two ways that papers define it."""

from __future__ import annotations

import numpy as np

from mien.metrics.acc2 import VARIANTS, signs
from mien.metrics.base import Counts, Sums, both_signs, metric, metrics


@metrics.register
@metric(signs, "score", where=both_signs, variants={f"f1_2_{way}": (way,) for way in VARIANTS})
def f1_2(sums: Sums) -> Sums:
    """Weighted F1 of the sign of the score, as the sentiment papers report it beside ``acc2``. NaN where no example counts."""
    counts = Counts(sums)
    total = counts.truths.sum(axis=-1)
    return np.asarray((counts.f1 * counts.truths).sum(axis=-1) / np.where(total > 0, total, np.nan))
