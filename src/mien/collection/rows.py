"""The rows of ``set.db`` as frozen dataclasses. Times of clips are seconds from the start of their recording."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Literal

from mien.consent.consent import Consent, Purpose

Votes = Literal["vote", "part", "gold", "repeat"]
"""Why a vote was asked for: to label a clip, or one modality of it alone; to measure attention on a clip whose label is known;
or to measure self-agreement."""


def now() -> str:
    """This moment as an ISO time in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass(frozen=True)
class Recording:
    """One file that was collected.

    Attributes:
        id: its number in the set.
        path: where it lies: relative to the folder of the set, or absolute.
        name: its path below the folder that was collected, with "/".
        sha256: of its bytes.
        seconds: its length; 0 for pictures and texts.
        kind: "video", "audio", "image" or "text"; "" when it could not be read.
        licence: as the consent table states it; "" without one.
        why: why it could not be read; "" when it was.
        collected: when, as an ISO time in UTC.
    """

    id: int
    path: str
    name: str
    sha256: str
    seconds: float
    kind: str
    licence: str
    why: str
    collected: str


@dataclass(frozen=True)
class Cut:
    """One clip of a recording.

    Attributes:
        id: unique in the set; it is made of the recording's hash, the span and the speaker, so it stays the same.
        recording: number of the recording.
        start, end: seconds; both ``None`` for a picture or a text without times.
        who: the person in the recording as mien numbers people; "" when unknown.
        person: who it is over all recordings: the name in the consent table, or else the recording's own.
        text: the words; "" when there are none.
        language: ISO 639 code; "" when unknown.
        words: (word, start, end, confidence) each.
        modalities: those that were read.
        quality: measured values, see ``mien.collection.reading.gates``.
        refused: codes of the gates that it failed, from ``mien.collection.reading.gates``; empty for a usable clip.
        kin: id of the first of the clips that are near-duplicates of one another; its own id when there are no others.
        split: "train", "valid" or "test"; "" when it has none yet, or lies between two.
    """

    id: str
    recording: int
    start: float | None
    end: float | None
    who: str
    person: str
    text: str
    language: str
    words: Sequence[Sequence[Any]]
    modalities: Sequence[str]
    quality: Mapping[str, float]
    refused: Sequence[str]
    kin: str
    split: str = ""


@dataclass(frozen=True)
class Draft:
    """What a bundle proposes for a clip: see ``mien.timeline.Prediction``. ``bundle`` is its hash, ``name`` its name.

    Where a language model was asked too, its opinion stands among ``opinions`` as "llm" and is in ``scores``, and ``name``
    names it.
    """

    clip: str
    bundle: str
    name: str
    label: str
    scores: Mapping[str, float]
    opinions: Mapping[str, Mapping[str, float]]
    valence: float | None
    arousal: float | None
    uncertain: bool


@dataclass(frozen=True)
class Draw:
    """A clip that was chosen for a round of labelling. ``why`` is a code from ``mien.collection.choice``."""

    round: int
    clip: str
    position: int
    why: str


@dataclass(frozen=True)
class Vote:
    """One vote of one annotator. Rows are never changed, but for ``undone``.

    Attributes:
        clip, annotator, round: what was voted on, by whom, in which round; 0 outside of rounds.
        labels: {label: weight}; empty for "cannot tell" and where only numbers were given.
        valence, arousal: -1 to 1; ``None`` when not given.
        words: free words; "" without any.
        cannot_tell: whether the annotator could not tell.
        comment: "" without one.
        start, end: the corrected span in seconds of the recording; ``None`` when it was left as it is.
        seconds: time spent.
        drafts_shown: whether the annotator saw the draft before the vote.
        purpose: why the vote was asked for.
        shown: the modalities that the annotator could see or hear; empty when unknown.
        time: when, as an ISO time in UTC.
        undone: when it was taken back; ``None`` for a vote that counts.
        id: number of the row; 0 before it is stored.
    """

    clip: str
    annotator: str
    labels: Mapping[str, float] = field(default_factory=dict)
    round: int = 0
    valence: float | None = None
    arousal: float | None = None
    words: str = ""
    cannot_tell: bool = False
    comment: str = ""
    start: float | None = None
    end: float | None = None
    seconds: float = 0.0
    drafts_shown: bool = False
    purpose: Votes = "vote"
    shown: Sequence[str] = ()
    time: str = field(default_factory=now)
    undone: str | None = None
    id: int = 0


@dataclass(frozen=True)
class Person:
    """Someone in the set, with what the consent table says. ``consent`` is ``None`` when nobody agreed."""

    person: str
    gender: str
    age: str
    consent: Consent | None


def person_of(row: Mapping[str, Any]) -> Person:
    """A row of the table ``people``. Without a scope there is no consent, unless one was withdrawn."""
    purposes: frozenset[Purpose] = frozenset(filter(None, row["scope"].split("|")))
    name = row["person"]
    consent = Consent(name, purposes, _day(row["until"]), _day(row["withdrawn"]), row["reference"])
    return Person(name, row["gender"], row["age"], consent if purposes or consent.withdrawn else None)


def row_of(consent: Consent, gender: str, age: str) -> dict[str, Any]:
    """A consent as a row of the table ``people``."""
    until, withdrawn = (None if day is None else day.isoformat() for day in (consent.until, consent.withdrawn))
    scope = "|".join(sorted(consent.scope))
    about = {"person": consent.person, "gender": gender, "age": age, "reference": consent.reference}
    return {**about, "scope": scope, "until": until, "withdrawn": withdrawn}


def _day(value: str | None) -> date | None:
    return None if value is None else date.fromisoformat(value)
