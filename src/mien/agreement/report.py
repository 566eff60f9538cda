"""What is known about the votes on a set: how far people agree, how reliable each is, and what to look at again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from mien.agreement.anchoring import Anchoring
from mien.agreement.chance import Agreed

Why = Literal["disputed", "suspicious", "cannot_tell"]
"""Why a clip should be looked at again: annotators disagree, a draft that is sure says something else, or few could tell."""


@dataclass(frozen=True)
class Annotator:
    """One annotator.

    Attributes:
        name: as given on the page.
        votes: votes that count, those on gold clips and repeats included.
        cannot_tell: share of them that could not tell.
        seconds: median time of a vote.
        reliability: as the model of annotators states it, see ``Truth``; ``None`` without votes on whole clips.
        with_others: share of the votes of others on the same clips that name the same label; ``None`` where there are none.
        repeated, same: how often a clip was asked again, and how often the answer was the same.
        gold, right: votes on clips whose label is known, and how many of them name it.
    """

    name: str
    votes: int
    cannot_tell: float
    seconds: float
    reliability: float | None
    with_others: float | None
    repeated: int
    same: int
    gold: int
    right: int


@dataclass(frozen=True)
class Again:
    """A clip to look at again.

    Attributes:
        clip: its id.
        why: see ``Why``.
        label: what the votes say together; "" when they say nothing.
        likely: the label of a draft that is sure; "" for other reasons.
        votes: {label: share of the votes}.
        score: the larger, the sooner: the entropy of the votes in bits, 1 minus the probability of the label, or the share that
            could not tell.
    """

    clip: str
    why: Why
    label: str
    likely: str
    votes: Mapping[str, float]
    score: float


@dataclass(frozen=True)
class AgreementReport:
    """All of it.

    Attributes:
        set, task, labels: what was labelled.
        clips, labelled, votes: clips of the set, those with a vote, and votes that count.
        model: the model of annotators, a key of ``truth.MODELS``.
        measures: {"alpha", "fleiss", "valence", "arousal": agreement on whole clips}.
        by_label: {label: alpha against all others}.
        by_shown: {what was shown, as "voice" or "text+voice+face": alpha}.
        annotators: the people, those with most votes first.
        confusion: for each label of one annotator (row), how often another annotator of the same clip chose each label, (L, L).
        anchoring: how shown drafts drew votes.
        again: what to look at again, the most urgent first.
    """

    set: str
    task: str
    labels: tuple[str, ...]
    clips: int
    labelled: int
    votes: int
    model: str
    measures: Mapping[str, Agreed]
    by_label: Mapping[str, Agreed]
    by_shown: Mapping[str, Agreed]
    annotators: Sequence[Annotator]
    confusion: Sequence[Sequence[float]]
    anchoring: Anchoring
    again: Sequence[Again]

    def as_table(self) -> dict[str, Any]:
        """The report as plain values for JSON."""
        return {"schema": "mien.agreement/1", **asdict(self)}
