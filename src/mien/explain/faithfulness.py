"""Measures how faithful an explainer is: parts are removed and added in the order of its weights and in a random order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.explain.evidence.base import Explainer
from mien.explain.question import Question
from mien.types import Float32

_STEPS = 8  # points of a curve, without its start


@dataclass(frozen=True)
class Faithfulness:
    """Areas under the deletion and insertion curves (Petsiuk et al. 2018, arXiv 1806.07421) of one example.

    The curves show the probability of the label while parts are removed or added, the largest weight first. For a faithful
    explainer, the probability falls early in deletion and rises early in insertion. So ``deletion`` is lower, and
    ``insertion`` is higher, than the same area for a random order.
    """

    deletion: float
    insertion: float
    random_deletion: float
    random_insertion: float


def faithfulness_of(explainer: Explainer, question: Question, seed: int) -> Faithfulness | None:
    """How faithful an explainer is on one example; ``None`` with fewer than three parts, because their orders hardly differ.

    Args:
        explainer: weighs the parts.
        question: the example and the label.
        seed: of the random order.
    """
    segment = question.moment.segment
    pieces = explainer.pieces(segment)
    if len(pieces) < 3:
        return None
    weights = explainer.weigh(question, segment, pieces).weights
    # The order of equal weights is random, because a word is not heavier when it comes first.
    rng = np.random.default_rng(seed)
    best = np.lexsort((rng.random(len(pieces)), -weights))
    ours = _areas(explainer, question, best)
    drawn = _areas(explainer, question, rng.permutation(len(pieces)))
    return Faithfulness(float(ours[0]), float(ours[1]), float(drawn[0]), float(drawn[1]))


def _areas(explainer: Explainer, question: Question, order: NDArray[np.int64]) -> Float32:
    """Areas under the deletion and the insertion curve, float32 (2,)."""
    count = len(order)
    taken = np.unique(np.linspace(0, count, min(count, _STEPS) + 1).round().astype(int))
    rank = np.empty(count, int)
    rank[order] = np.arange(count)
    rows = [rank < k for k in taken] + [rank >= k for k in taken]
    segment = question.moment.segment
    values = question.ask(explainer.modality, [explainer.without(segment, row) for row in rows])
    widths = np.diff(taken) / count
    return np.asarray([((c[1:] + c[:-1]) / 2 * widths).sum() for c in np.split(values, 2)], np.float32)
