"""Metrics of free words for emotions: how far the set of words of an answer agrees with the words of people.

Let G_w(Y) be the set of groups of the words Y on the wheel w. Over N clips with words Y_i of people and A_i of an answer

    precision_w = 1/N sum |G_w(Y_i) n G_w(A_i)| / |G_w(A_i)|,    recall_w = 1/N sum |G_w(Y_i) n G_w(A_i)| / |G_w(Y_i)|,
    F1_w = 2 * precision_w * recall_w / (precision_w + recall_w),

and each is averaged over the wheels. These are the set-level metrics of the MER challenges (Lian et al., Open-vocabulary
multimodal emotion recognition, arXiv 2410.01495; AffectGPT, arXiv 2501.16566), with two differences. The wheels are those of
``mien.vocabulary``. And a word that no wheel knows is not dropped: it is a group of its own, so an unknown word of an answer
counts against its precision, and an unknown word of people against recall. An empty answer has a precision of 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from mien.vocabulary.words import WHEELS, coverage, family_of, group_of

Words = Sequence[str]


@dataclass(frozen=True)
class WheelScore:
    """Precision, recall and F1 of sets of words, on one wheel or averaged over them."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class OpenScores:
    """How well free words agree with those of people.

    Attributes:
        wheels: {wheel: scores}.
        mean: averaged over the wheels.
        hit_rate: the share of clips whose closed label is among the labels of the answer's words; ``None`` without labels.
        n: clips.
        known, words: how many words of the answers are known, and how many there are.
        known_truths, truths: the same for the words of people.
    """

    wheels: Mapping[str, WheelScore]
    mean: WheelScore
    hit_rate: float | None
    n: int
    known: int
    words: int
    known_truths: int
    truths: int


def open_scores(said: Sequence[Words], right: Sequence[Words], labels: Sequence[str] | None = None) -> OpenScores:
    """Scores of the words of answers.

    Args:
        said: words of each answer; empty where there is no valid answer.
        right: words of people for each clip, at least one.
        labels: the closed label of each clip, for the hit rate; ``None`` without them.

    Raises:
        ValueError: there are no clips.
    """
    if not said:
        raise ValueError("scores need at least one clip")
    wheels = {wheel: _on(wheel, said, right) for wheel in WHEELS}
    known, words = coverage(w for each in said for w in each)
    known_truths, truths = coverage(w for each in right for w in each)
    hit = None if labels is None else hit_rate(said, labels)
    return OpenScores(wheels, _mean(list(wheels.values())), hit, len(said), known, words, known_truths, truths)


def hit_rate(said: Sequence[Words], labels: Sequence[str]) -> float:
    """The share of clips whose label is among the labels that the words of the answer mean (Lian et al. 2025)."""
    hits = [label in {f.label for w in words if (f := family_of(w))} for words, label in zip(said, labels, strict=True)]
    return float(np.mean(hits))


def agreement(runs: Sequence[Sequence[Words]]) -> NDArray[np.float64]:
    """How far several runs over the same N clips (other wordings, other seeds) give the same words, (N,).

    It is the mean over all pairs of runs and wheels of |A n B| / |A u B| of the groups (Jaccard 1912); 1 where both are empty.

    Raises:
        ValueError: there are fewer than two runs.
    """
    if len(runs) < 2:
        raise ValueError("agreement needs two runs or more")
    found = [
        [
            _jaccard(_groups(wheel, one), _groups(wheel, other))
            for wheel in WHEELS
            for one, other in combinations(each, 2)
        ]
        for each in zip(*runs, strict=True)
    ]
    return np.asarray([np.mean(each) for each in found], np.float64)


def _on(wheel: str, said: Sequence[Words], right: Sequence[Words]) -> WheelScore:
    precisions, recalls = [], []
    for answer, truth in zip(said, right, strict=True):
        mine, theirs = _groups(wheel, answer), _groups(wheel, truth)
        both = len(mine & theirs)
        precisions.append(both / len(mine) if mine else 0.0)
        recalls.append(both / len(theirs) if theirs else 0.0)
    precision, recall = float(np.mean(precisions)), float(np.mean(recalls))
    return WheelScore(precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0)


def _mean(scores: Sequence[WheelScore]) -> WheelScore:
    parts = ([getattr(s, name) for s in scores] for name in ("precision", "recall", "f1"))
    return WheelScore(*(float(np.mean(values)) for values in parts))


def _groups(wheel: str, words: Words) -> set[str]:
    return {group_of(word, wheel) for word in words}


def _jaccard(one: set[str], other: set[str]) -> float:
    return len(one & other) / len(one | other) if one | other else 1.0
