"""The nouns of an answer: what is said of each span of a clip, and of the whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mien.types import Modality, Span


@dataclass(frozen=True)
class Prediction:
    """The answer for one span of one person.

    Attributes:
        span: what it is about.
        who: the person, or ``None``.
        text: the words said; empty when there are none.
        label: the most probable expressed emotion.
        scores: calibrated probability of every label.
        valence: -1 (unpleasant) to 1 (pleasant).
        arousal: -1 (calm) to 1 (excited).
        shares: how much each modality that is present weighed; sums to 1.
        opinions: what each modality alone says: {modality: {label: probability}}.
        quality: what was measured of each input: {modality: {name: value}}.
    """

    span: Span
    who: str | None
    text: str
    label: str
    scores: Mapping[str, float]
    valence: float
    arousal: float
    shares: Mapping[Modality, float]
    opinions: Mapping[Modality, Mapping[str, float]]
    quality: Mapping[Modality, Mapping[str, float]]


@dataclass(frozen=True)
class Timeline:
    """All answers about one clip, in order of time.

    ``label`` and ``scores`` summarise the clip (means weighted by duration); ``None`` and empty when nothing could be
    read. ``warnings`` say in plain sentences what was missing, ``notes`` what the user of the bundle must know.
    """

    source: str
    duration: float
    bundle: str
    bundle_sha256: str
    predictions: tuple[Prediction, ...]
    label: str | None
    scores: Mapping[str, float]
    valence: float | None
    arousal: float | None
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
