"""What agents are told: the same answers as elsewhere, short enough for a language model to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

from mien.report.sentences import sentence
from mien.timeline import Prediction, Timeline, best
from mien.types import MODALITIES, Modality

if TYPE_CHECKING:
    from mien.explanation import Explanation

CAUTION = (
    "These are estimates of what was expressed. They cannot tell what a person has inside, and are often wrong; "
    "do not decide about people with them."
)
_PIECES = 5  # of each piece of evidence


class FilesTold(BaseModel):
    """The files that may be read."""

    files: list[str] = Field(description="Their names, for the other tools.")
    left_out: int = Field(description="How many more there are; name a folder to see its files.")


class MomentTold(BaseModel):
    """One moment of a clip."""

    file: str
    start: float = Field(description="Seconds.")
    end: float = Field(description="Seconds.")
    who: str | None = Field(description="person-1 in view, voice-1 off screen; null when nobody was told apart.")
    words: str
    label: str = Field(description="What was most probably expressed.")
    probability: float
    uncertain: bool = Field(description="Whether the label is only a guess.")
    alone: dict[str, str] = Field(description="What words (text), voice and face say, each alone.")
    disagree: bool = Field(description="Whether two of them clearly say different things.")
    sought: float | None = Field(None, description="By 'moments': the probability of the label that was sought.")
    asked: str | None = Field(None, description="What a language model says that was asked, too; else null.")


class ClipTold(BaseModel):
    """A whole clip."""

    file: str
    seconds: float
    label: str | None = Field(description="Of the whole clip; null when nothing could be read.")
    scores: dict[str, float]
    moments: list[MomentTold]
    left_out: int = Field(description="How many later moments there are; ask again with a later 'start'.")
    missing: list[str] = Field(description="What could not be read, in sentences.")
    caution: str = CAUTION


class MomentsTold(BaseModel):
    """The moments that were sought, the clearest first."""

    moments: list[MomentTold]
    left_out: int = Field(description="How many less clear moments were found beside these.")
    files: int = Field(description="How many files were searched.")
    skipped: list[str] = Field(description="Files that could not be read, and why.")
    caution: str = CAUTION


class ReasonsTold(BaseModel):
    """Why one moment was answered as it was."""

    moment: MomentTold
    explained: str = Field(description="The label that is explained.")
    before: float = Field(description="Its probability before anything is read.")
    after: float
    contributions: dict[str, float] = Field(description="How far each input moved the probability.")
    evidence: list[str] = Field(description="The strongest parts of each input.")
    caution: str = CAUTION


def moment(file: str, p: Prediction, sought: float | None = None) -> MomentTold:
    """One answer."""
    tops = {m: max(o, key=lambda label: o[label]) for m in MODALITIES if (o := p.opinions.get(m))}
    return MomentTold(
        file=file,
        start=round(p.span.start, 2),
        end=round(p.span.end, 2),
        who=p.who,
        words=p.text,
        label=p.label,
        probability=round(p.scores[p.label], 3),
        uncertain=p.uncertain,
        alone={m: f"{label} {p.opinions[m][label]:.0%}" for m, label in tops.items()},
        disagree=p.conflict is not None,
        sought=None if sought is None else round(sought, 3),
        asked=_asked(p),
    )


def _asked(p: Prediction) -> str | None:
    if p.llm is None or not p.llm.scores:
        return None
    label = best(p.llm.scores)
    claim = f"; it claims: {p.llm.claim}" if p.llm.claim else ""
    return f"{label} {p.llm.scores[label]:.0%}{claim}"


def clip(file: str, timeline: Timeline, start: float = 0.0, most: int = 50) -> ClipTold:
    """A timeline, with at most ``most`` of its moments that end after ``start``."""
    later = [p for p in timeline.predictions if p.span.end > start or p.span.duration == 0]
    return ClipTold(
        file=file,
        seconds=round(timeline.duration, 2),
        label=timeline.label,
        scores={k: round(v, 3) for k, v in timeline.scores.items()},
        moments=[moment(file, p) for p in later[:most]],
        left_out=max(0, len(later) - most),
        missing=[sentence(notice) for notice in timeline.notices],
    )


def probability(p: Prediction, label: str, by: Modality | None) -> float:
    """How probable a label is at a moment, from all inputs or from one alone; 0 where the input is absent."""
    return p.scores.get(label, 0.0) if by is None else p.opinions.get(by, {}).get(label, 0.0)


def reasons(file: str, e: Explanation) -> ReasonsTold:
    """An explanation."""
    told = []
    for evidence in e.evidence:
        strongest = sorted(evidence.pieces, key=lambda piece: -abs(piece.weight))[:_PIECES]
        said = [
            f"{piece.text or (f'{piece.span.start:.1f}-{piece.span.end:.1f} s' if piece.span else 'a region')} "
            f"{piece.weight:+.3f}"
            for piece in strongest
        ]
        told.append(f"{evidence.modality}: {', '.join(said)}")
    return ReasonsTold(
        moment=moment(file, e.prediction),
        explained=e.label,
        before=round(e.prior, 3),
        after=round(e.prediction.scores[e.label], 3),
        contributions={m: round(v, 3) for m, v in e.contributions.items()},
        evidence=told,
    )
