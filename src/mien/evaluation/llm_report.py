"""What an evaluation says about a language model, beside the metrics of its answers: cost, free words, agreement of runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mien.evaluation.open_vocabulary import OpenScores, agreement
from mien.llms.opinion.nouns import Cost, LlmOpinion
from mien.metrics.statistics.intervals import interval
from mien.timeline import best

Over = Literal["seeds", "wordings"]


@dataclass(frozen=True)
class Share:
    """A mean over clips from 0 to 1, and its 95 % interval over speakers; ``None`` where that is not defined."""

    value: float
    interval: tuple[float, float] | None


@dataclass(frozen=True)
class LlmAgreement:
    """How far runs over the same clips agree, which differ in one thing alone.

    Attributes:
        over: in what they differ.
        runs: how many there are.
        n: clips with a valid answer in every run. Others are left out.
        labels: share of the pairs of runs with the same most probable label.
        words: the same for free words, see ``open_vocabulary.agreement``; ``None`` where they were not asked for.
    """

    over: Over
    runs: int
    n: int
    labels: Share
    words: Share | None = None


def agreement_of(
    over: Over, runs: Sequence[Sequence[LlmOpinion]], groups: Sequence[str], words: bool
) -> LlmAgreement | None:
    """How far runs agree; ``None`` where no clip has a valid answer in every run.

    Args:
        over: in what they differ.
        runs: opinions about the same clips, two runs or more.
        groups: the speaker of each clip, "" where unknown.
        words: whether free words were asked for.
    """
    there = [k for k, each in enumerate(zip(*runs, strict=True)) if all(o.scores for o in each)]
    if not there:
        return None
    kept = [[run[k] for k in there] for run in runs]
    labels = [[best(o.scores) for o in each] for each in zip(*kept, strict=True)]
    same = np.asarray([np.mean([a == b for a, b in combinations(each, 2)]) for each in labels])
    who = [groups[k] for k in there]
    said = _share(agreement([[list(o.words) for o in run] for run in kept]), who) if words else None
    return LlmAgreement(over, len(runs), len(there), _share(same, who), said)


def _share(values: NDArray[np.float64], groups: Sequence[str]) -> Share:
    sums = np.stack([values, np.ones_like(values)], axis=1)
    found = interval(lambda s: s[..., 0] / s[..., 1], [sums], groups)
    return Share(round(float(values.mean()), 4), None if found is None else (round(found[0], 4), round(found[1], 4)))


@dataclass(frozen=True)
class LlmEvaluation:
    """How often a language model answered, and what it cost.

    Attributes:
        model, place: its name, and where it runs.
        clips, answered: clips that it was asked about, and those with a valid answer.
        cost: of all questions.
        open: scores of its free words; ``None`` where they were not asked for.
        truth: what they were compared with: "words" (the column of that name) or "label"; "" without free words.
        agreement: how far its answers to the same clips agree with other seeds and other wordings; empty where not asked for.
    """

    model: str
    place: str
    clips: int
    answered: int
    cost: Cost
    open: OpenScores | None = None
    truth: str = ""
    agreement: tuple[LlmAgreement, ...] = ()

    def as_table(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)
