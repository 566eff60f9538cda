"""What the true labels may be, and how reliable each annotator is, learned from the votes alone.

Two models, both fitted by expectation maximisation from the shares of the votes:

- ``dawid_skene``: each annotator confuses labels in a way of their own (Dawid and Skene 1979, doi 10.2307/2346806).
- ``mace``: each annotator copies the truth with one probability, and otherwise guesses with habits of their own (Hovy et al.
  2013, "Learning Whom to Trust with MACE"). It has fewer numbers to learn, so it suits few votes for each annotator.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mien.agreement.votes import Floats, Votes

_STEPS = 200
_CLOSE = 1e-6  # change of any probability at which the fit ends
_TINY = 1e-12


@dataclass(frozen=True)
class Truth:
    """What a model says about votes.

    Attributes:
        soft: probabilities of the labels for each unit, (N, L).
        reliability: of each annotator, (A,), from 0 to 1: the expected share of right votes (``shares``, ``dawid_skene``), or
            the probability of copying the truth (``mace``).
        confusion: for each annotator, the probability of each vote (column) given each true label (row), (A, L, L).
    """

    soft: Floats
    reliability: Floats
    confusion: Floats


def shares(votes: Votes) -> Truth:
    """No model: the shares of the votes, and how far each annotator agrees with the others' shares."""
    soft = _shares(votes)
    confusion = _confusion(votes, soft, 0.01)
    return Truth(soft, _right(votes, soft, confusion), confusion)


def dawid_skene(votes: Votes, smoothing: float = 0.01) -> Truth:
    """Fits the model of Dawid and Skene.

    Args:
        votes: see ``Votes``.
        smoothing: votes that every cell of a confusion matrix is given in advance, so that none is impossible.
    """
    soft = _shares(votes)
    for _ in range(_STEPS):
        confusion = _confusion(votes, soft, smoothing)
        chance = np.log(confusion[votes.annotator, :, votes.label] + _TINY)
        new = _posterior(votes, np.log(soft.mean(axis=0) + _TINY), chance)
        done, soft = np.abs(new - soft).max(initial=0.0) < _CLOSE, new
        if done:
            break
    confusion = _confusion(votes, soft, smoothing)
    return Truth(soft, _right(votes, soft, confusion), confusion)


def mace(votes: Votes, smoothing: float = 0.1) -> Truth:
    """Fits a model like MACE, by plain expectation maximisation with a little smoothing and from one start.

    The authors draw random starts and keep the likeliest. The shares of the votes as the start give the same result each time.

    Args:
        votes: see ``Votes``.
        smoothing: votes in advance for each outcome of an annotator.
    """
    people, size = len(votes.annotators), len(votes.labels)
    soft, copies = _shares(votes), np.full(people, 0.8)
    habits = np.full((people, size), 1 / size)
    total = np.bincount(votes.annotator, votes.weight, people)
    for _ in range(_STEPS):
        guess = (1 - copies[votes.annotator]) * habits[votes.annotator, votes.label]
        hit = copies[votes.annotator] / (copies[votes.annotator] + guess + _TINY)
        copied = soft[votes.unit, votes.label] * hit * votes.weight
        copies = (np.bincount(votes.annotator, copied, people) + smoothing) / (total + 2 * smoothing)
        habits = np.full((people, size), smoothing)
        np.add.at(habits, (votes.annotator, votes.label), votes.weight - copied)
        habits /= habits.sum(axis=1, keepdims=True)
        confusion = copies[:, None, None] * np.eye(size) + (1 - copies)[:, None, None] * habits[:, None, :]
        chance = np.log(confusion[votes.annotator, :, votes.label] + _TINY)
        new = _posterior(votes, np.zeros(size), chance)
        done, soft = np.abs(new - soft).max(initial=0.0) < _CLOSE, new
        if done:
            break
    return Truth(soft, copies, confusion)


MODELS: dict[str, Callable[[Votes], Truth]] = {"shares": shares, "dawid_skene": dawid_skene, "mace": mace}
"""{name: the model}."""


def _shares(votes: Votes) -> Floats:
    counts = votes.counts
    return np.asarray(counts / np.maximum(counts.sum(axis=1, keepdims=True), _TINY))


def _confusion(votes: Votes, soft: Floats, smoothing: float) -> Floats:
    found = np.full((len(votes.annotators), len(votes.labels), len(votes.labels)), smoothing + _TINY)
    for place in range(len(votes.labels)):
        np.add.at(found[:, place], (votes.annotator, votes.label), soft[votes.unit, place] * votes.weight)
    return np.asarray(found / found.sum(axis=2, keepdims=True))


def _posterior(votes: Votes, prior: Floats, chance: Floats) -> Floats:
    """Probabilities of the labels of each unit, (N, L), from log probabilities of each vote given each label, (V, L)."""
    logs = np.tile(prior, (len(votes.units), 1))
    np.add.at(logs, votes.unit, chance * votes.weight[:, None])
    logs -= logs.max(axis=1, keepdims=True)
    found = np.exp(logs)
    return np.asarray(found / found.sum(axis=1, keepdims=True))


def _right(votes: Votes, soft: Floats, confusion: Floats) -> Floats:
    """The expected share of right votes of each annotator, over the labels as often as they occur."""
    prior = soft.mean(axis=0) if len(soft) else np.zeros(len(votes.labels))
    return np.asarray((confusion.diagonal(axis1=1, axis2=2) * prior).sum(axis=1))
