"""Fits on calibrated answers: quantiles of label sets, and the threshold below which an answer is uncertain."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mien.trust.label_sets import RULES, LabelSets, Rule, nonconformity
from mien.trust.sample import Sample, folds
from mien.types import Float32

_FEWEST = 20  # examples of a label, or certain answers, that are needed to estimate a rate


def fit_label_sets(sample: Sample, coverage: float, by_label: bool = False) -> LabelSets:
    """Split conformal quantiles (Vovk et al. 2005), with the rule that gives the smaller sets on held-out answers.

    Args:
        sample: calibrated answers.
        coverage: rate at which sets should hold the right label.
        by_label: whether each label has its own quantile (Mondrian). Labels with fewer than 20 examples have that of all
            answers.
    """
    sizes = {rule: _size(rule, sample, coverage, by_label) for rule in RULES}
    return _sets(min(RULES, key=lambda rule: sizes[rule]), sample, coverage, by_label)


def _size(rule: Rule, sample: Sample, coverage: float, by_label: bool) -> float:
    """Mean size of the sets of held-out answers."""
    place, total = folds(sample), 0.0
    for fold in np.unique(place):
        held = place == fold
        members = _sets(rule, sample.rows(~held), coverage, by_label).members(sample.scores[held])
        total += float(sample.weights[held] @ members.sum(axis=1))
    return total


def _sets(rule: Rule, sample: Sample, coverage: float, by_label: bool) -> LabelSets:
    # Where several labels are right, the lowest score counts, because the set has to hold only one of them.
    scores = np.where(sample.truths, nonconformity(rule, sample.scores), np.inf).min(axis=1)
    quantiles = np.full(sample.scores.shape[1], _quantile(scores, sample.weights, coverage), np.float32)
    for label in range(len(quantiles)) if by_label else ():
        own = sample.truths[:, label]
        if own.sum() >= _FEWEST:
            quantiles[label] = _quantile(scores[own], sample.weights[own], coverage)
    return LabelSets(rule, coverage, quantiles)


def _quantile(scores: Float32, weights: NDArray[np.float64], coverage: float) -> float:
    """The lowest score such that a share ``coverage`` of the weight has a score at most as high; 1.0 where there is none.

    A new answer is part of the weight and counts as having the highest score, as split conformal prediction requires.
    """
    order = np.argsort(scores)
    reached = np.cumsum(weights[order]) / (weights.sum() + weights.max())
    at = int(np.searchsorted(reached, coverage))
    return float(scores[order[at]]) if at < len(order) else 1.0


def fit_threshold(sample: Sample, risk: float) -> float:
    """The lowest confidence such that at most a share ``risk`` of the answers from it on is wrong (Geifman, El-Yaniv 2017).

    Only thresholds with at least 20 answers are tried. It is 1.0, so that almost everything is uncertain, where none is good
    enough.
    """
    order = np.argsort(-sample.scores.max(axis=1), kind="stable")
    confidence, weights = sample.scores.max(axis=1)[order], sample.weights[order]
    wrong = np.cumsum(weights * ~sample.right[order]) / np.cumsum(weights)
    good = np.flatnonzero((wrong <= risk) & (np.arange(len(order)) >= _FEWEST - 1))
    return float(confidence[good[-1]]) if len(good) else 1.0
