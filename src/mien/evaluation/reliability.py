"""How well calibrated answers are: calibration error and its floor, coverage, and risk."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.metrics.accuracy import accuracy
from mien.metrics.brier import brier
from mien.metrics.ece import BINS, bin_of, ece
from mien.metrics.nll import nll
from mien.metrics.statistics import intervals
from mien.trust.judgement import Judgement
from mien.trust.sample import Sample
from mien.trust.table import Figures
from mien.types import Float32

_REPLICATES = 400
_POINTS = 20


class Bin(NamedTuple):
    """Answers of about the same confidence: their mean confidence, the share that is right, and their number."""

    confidence: float
    accuracy: float
    n: int


class Point(NamedTuple):
    """A point of the risk-coverage curve: the share of answers that is kept, surest first, and the wrong share of these."""

    answered: float
    risk: float


def diagram(sample: Sample) -> list[Bin]:
    """The reliability diagram: bins of equal width, without empty ones (Niculescu-Mizil and Caruana 2005)."""
    confidence, right = sample.scores.max(axis=1), sample.right
    place = bin_of(confidence)
    chosen = [place == b for b in np.unique(place)]
    return [Bin(float(confidence[c].mean()), float(right[c].mean()), int(c.sum())) for c in chosen]


def calibration_error(confidence: Float32, right: NDArray[np.bool_]) -> float:
    """The metric ``ece`` from the confidence (N,) of answers and whether they are right, bool (N,)."""
    place = bin_of(confidence)
    return float(ece.of(np.concatenate([np.bincount(place, of, BINS) for of in (None, right, confidence)])))


def debiased_error(sample: Sample) -> float:
    """Root mean square calibration error without the part that chance adds (Kumar, Liang and Ma 2019, arXiv 1909.10155)."""
    total = 0.0
    for found in diagram(sample):
        chance = found.accuracy * (1 - found.accuracy) / max(found.n - 1, 1)
        total += found.n / len(sample) * ((found.confidence - found.accuracy) ** 2 - chance)
    return float(np.sqrt(max(total, 0.0)))


def floor(sample: Sample) -> tuple[float, float]:
    """Mean and deviation of the ECE that the same confidences would have if they were perfectly calibrated.

    With few examples this is far above zero. An ECE below the floor is no better than one at the floor.
    """
    rng = np.random.default_rng(0)
    confidence = sample.scores.max(axis=1)
    found = [calibration_error(confidence, rng.random(len(sample)) < confidence) for _ in range(_REPLICATES)]
    return float(np.mean(found)), float(np.std(found))


def interval(sample: Sample) -> tuple[float, float]:
    """95 % percentile bootstrap interval of the ECE; NaN where it is not defined.

    Whole groups are resampled where all are named. Resampling adds noise, so the interval is somewhat too high: compare it
    with the floor.
    """
    each = ece.each(sample.scores, sample.targets)
    return intervals.interval(ece.of, [each], sample.groups.tolist(), _REPLICATES) or (np.nan, np.nan)


def risk_coverage(sample: Sample) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The share of answers that are kept, and the share of these that is wrong, from the surest one alone to all, (N,) each."""
    order = np.argsort(-sample.scores.max(axis=1), kind="stable")
    counts = np.arange(1, len(sample) + 1)
    return counts / len(sample), np.cumsum(~sample.right[order]) / counts


def curve(sample: Sample) -> list[Point]:
    """The risk-coverage curve at 20 even steps, or at each answer where there are fewer. The last point keeps all answers."""
    share, risk = risk_coverage(sample)
    at = np.unique(-(-len(sample) * np.arange(1, _POINTS + 1) // _POINTS)) - 1
    return [Point(float(share[k]), float(risk[k])) for k in at]


def figures_of(sample: Sample, judgement: Judgement) -> Figures:
    """All figures of calibrated answers. AURC is the mean risk over all coverages (Geifman and El-Yaniv 2017)."""
    low, high = interval(sample)
    least, spread = floor(sample)
    answered = sample.scores.max(axis=1) >= judgement.threshold
    covered = size = None
    if judgement.sets is not None:
        members = judgement.sets.members(sample.scores)
        covered = _short((members & sample.truths).any(axis=1).mean())
        size = _short(members.sum(axis=1).mean())
    return Figures(
        n=len(sample),
        accuracy=_short(accuracy(sample.scores, sample.targets)),
        ece=_short(ece(sample.scores, sample.targets)),
        floor=_short(least),
        floor_std=_short(spread),
        debiased=_short(debiased_error(sample)),
        brier=_short(brier(sample.scores, sample.shares)),
        nll=_short(nll(sample.scores, sample.shares)),
        aurc=_short(risk_coverage(sample)[1].mean()),
        answered=_short(answered.mean()),
        risk=_short((~sample.right[answered]).mean()) if answered.any() else 0.0,
        covered=covered,
        size=size,
        ece_95=(_short(low), _short(high)),
    )


def _short(value: float) -> float:
    """Round to four digits."""
    return round(float(value), 4)
