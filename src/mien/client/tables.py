"""What a server answers, as types. Later minor versions of the forms may have more keys."""

# Without "from __future__ import annotations", which would hide from Python which keys are optional.
from typing import Any, Literal, NotRequired, TypedDict


class Emotion(TypedDict):
    """The answer about one segment: the most probable label, and the probability of every label."""

    label: str
    scores: dict[str, float]


class Segment(TypedDict):
    """One segment of `mien.timeline/1`; docs/timeline.md says what the keys mean."""

    start: float
    end: float
    who: str | None
    text: str
    language: NotRequired[str | None]
    emotion: Emotion
    valence: float | None
    arousal: float | None
    modalities: dict[str, float]
    contributions: NotRequired[dict[str, float]]
    interactions: NotRequired[dict[str, float]]
    conflict: NotRequired[dict[str, Any] | None]
    opinions: NotRequired[dict[str, dict[str, float]]]
    quality: NotRequired[dict[str, dict[str, float]]]
    label_set: NotRequired[list[str]]
    uncertain: NotRequired[bool]
    reasons: NotRequired[list[str]]


class Summary(TypedDict):
    """The whole clip; ``label`` is ``None`` when nothing could be read."""

    label: str | None
    scores: dict[str, float]
    valence: NotRequired[float | None]
    arousal: NotRequired[float | None]
    influences: NotRequired[list[float]]


class Timeline(TypedDict):
    """The form `mien.timeline/1`."""

    schema: Literal["mien.timeline/1"]
    source: str
    duration: float
    bundle: dict[str, str]
    task: NotRequired[str]
    segments: list[Segment]
    summary: Summary
    notices: NotRequired[list[dict[str, Any]]]
    warnings: list[str]
    notes: NotRequired[list[str]]


class Explained(TypedDict):
    """The form `mien.explanation/1`; docs/explanations.md says what the keys mean."""

    schema: Literal["mien.explanation/1"]
    source: str
    bundle: dict[str, str]
    answer: Segment
    explained: dict[str, Any]
    path: dict[str, Any]
    evidence: list[dict[str, Any]]
    notices: NotRequired[list[dict[str, Any]]]
    warnings: list[str]


class Version(TypedDict):
    """What a server runs."""

    mien: str
    api: int
    timeline: str
    bundle: str
    bundle_sha256: str


class Told(TypedDict):
    """One event of a job.

    Attributes:
        number: of the last event that stays; ``Client.events`` can go on after it.
        event: "progress", "words", "answer", "notice", "end", "failed" or "cancelled".
        data: what it tells; docs/serve.md has the keys.
    """

    number: int
    event: str
    data: dict[str, Any]
