"""Which labels look wrong: confident learning (Northcutt, Jiang and Chuang 2021, JAIR 70, arXiv 1911.00068)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.agreement.votes import Floats, Ints


class Suspicious(NamedTuple):
    """A label that looks wrong.

    Attributes:
        place: of the example.
        given: place of its label.
        likely: place of the label that is confidently predicted.
        confidence: probability of the given label; the lower, the more suspicious.
    """

    place: int
    given: int
    likely: int
    confidence: float


def suspicious(given: Ints, probabilities: Floats) -> list[Suspicious]:
    """The labels that look wrong, the most suspicious first.

    A label is confidently predicted when its probability is at least the mean probability that it has where it was given. So
    labels that a model predicts shyly are not all called wrong. An example is suspicious when the most probable of its
    confidently predicted labels is another one than the given. Where that is rare, nothing is listed.

    Args:
        given: place of the label of each example, int64 (N,).
        probabilities: (N, L), of a model that did not learn from the example.

    Raises:
        ValueError: the sizes differ.
    """
    if len(given) != len(probabilities):
        raise ValueError(f"there are {len(given)} labels and {len(probabilities)} rows of probabilities")
    if not len(given):
        return []
    confident = probabilities >= _thresholds(given, probabilities)
    likely = np.where(confident, probabilities, -1.0).argmax(axis=1)
    own = probabilities[np.arange(len(given)), given]
    doubted = np.flatnonzero(confident.any(axis=1) & (likely != given))
    ordered = doubted[np.argsort(own[doubted], kind="stable")]
    return [Suspicious(int(n), int(given[n]), int(likely[n]), float(own[n])) for n in ordered]


def _thresholds(given: Ints, probabilities: Floats) -> NDArray[np.float64]:
    """For each label, the mean probability where it was given, (L,). A label that was never given is never confident."""
    size = probabilities.shape[1]
    counts = np.bincount(given, minlength=size)
    sums = np.bincount(given, probabilities[np.arange(len(given)), given], size)
    return np.where(counts > 0, sums / np.maximum(counts, 1) - 1e-6, np.inf)
