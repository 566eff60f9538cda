"""The nouns: frozen dataclasses with NumPy arrays, which flow through mien.

Times are seconds (float) from the start of the clip, on one clock for all modalities. Absence is ``None``, never zeros.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from mien.emotions import EMOTIONS

Modality = Literal["text", "voice", "face"]
MODALITIES: tuple[Modality, ...] = get_args(Modality)
"""The three modalities, in the order of every array over modalities."""

INPUTS: Mapping[Modality, str] = {"text": "words", "voice": "voice", "face": "face"}
"""Names of the modalities in sentences for users."""

SAMPLE_RATE = 16_000
"""Hz. Every ``Audio`` is mono at this rate."""

UNSPACED = frozenset({"zh", "yue", "ja", "th", "lo", "my"})
"""Languages that are written without spaces between words (ISO 639 codes)."""

Float32 = NDArray[np.float32]


@dataclass(frozen=True, order=True)
class Span:
    """A stretch of time, ``[start, end)`` in seconds.

    Raises:
        ValueError: ``end < start``, or a bound is not finite.
    """

    start: float
    end: float

    def __post_init__(self) -> None:
        if not (np.isfinite(self.start) and np.isfinite(self.end)):
            raise ValueError(f"a span needs finite bounds, got {self.start} and {self.end}")
        if self.end < self.start:
            raise ValueError(f"a span cannot end ({self.end:g}) before it starts ({self.start:g})")

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.end - self.start

    @property
    def middle(self) -> float:
        """The middle in seconds."""
        return (self.start + self.end) / 2

    def __contains__(self, time: float) -> bool:
        return self.start <= time < self.end

    def __and__(self, other: Span) -> Span | None:
        """The common part, or ``None`` when the two share no time."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Span(start, end) if end > start else None

    def __or__(self, other: Span) -> Span:
        """The smallest span that holds both."""
        return Span(min(self.start, other.start), max(self.end, other.end))

    def shifted(self, seconds: float) -> Span:
        """The same span, moved by ``seconds``."""
        return Span(self.start + seconds, self.end + seconds)


@dataclass(frozen=True)
class Features:
    """A pointer to ready-made features: ``rows`` of the array ``array`` in the file ``path``, with the time of each row.

    Times are seconds. Where rows are whole utterances of a dialogue, they are distances in utterances (0 is the clip itself).
    """

    path: Path
    array: str
    rows: tuple[int, ...]
    times: tuple[float, ...]


@dataclass(frozen=True)
class Clip:
    """A pointer to something that a person said or showed. It holds no data.

    Attributes:
        id: name of the clip, unique within its data set.
        video: file with frames, and with the sound unless ``audio`` is given.
        audio: sound file.
        image: still picture, or a Parquet file of pictures, of which ``row`` is taken.
        text: the words, where they are known; they replace speech recognition.
        span: the part of the file that is used; ``None`` means all of it.
        speaker: who speaks or is shown; ``None`` when unknown.
        context: what was said before in the same dialogue, the latest last, as "speaker: text".
        features: ready-made features, for encoders that use them.
    """

    id: str
    video: Path | None = None
    audio: Path | None = None
    image: Path | None = None
    text: str | None = None
    span: Span | None = None
    speaker: str | None = None
    row: int | None = None
    context: tuple[str, ...] = ()
    features: Mapping[Modality, Features] = field(default_factory=dict)


@dataclass(frozen=True)
class Audio:
    """Sound: ``samples`` float32 (N,) mono at 16 kHz in [-1, 1]; ``start`` in seconds on the clip's clock."""

    samples: Float32
    start: float = 0.0

    @property
    def span(self) -> Span:
        """The span that the samples cover."""
        return Span(self.start, self.start + len(self.samples) / SAMPLE_RATE)


@dataclass(frozen=True)
class Picture:
    """One whole picture: ``pixels`` uint8 RGB (H, W, 3), upright; ``time`` in seconds on the clip's clock."""

    pixels: NDArray[np.uint8]
    time: float = 0.0


@dataclass(frozen=True)
class Frames:
    """Pictures of one person's face, or whole pictures.

    Attributes:
        pixels: uint8 RGB (N, H, W, 3); faces are aligned crops with level eyes.
        times: float64 (N,) seconds on the clip's clock, increasing.
        boxes, within: float32 (N, 4) left, top, right, bottom of each face, (N, 2) size of its picture, pixels; or ``None``.
        mouth, pose: float32 (N,) and (N, 3), as ``media.landmarks.FacePoints`` has them; NaN or ``None`` where unknown.
    """

    pixels: NDArray[np.uint8]
    times: NDArray[np.float64]
    boxes: Float32 | None = None
    mouth: Float32 | None = None
    pose: Float32 | None = None
    within: Float32 | None = None

    def __len__(self) -> int:
        return len(self.times)

    def rows(self, chosen: NDArray[np.int64]) -> Frames:
        """Some of the pictures, by their indices."""
        return Frames(**dict[str, Any]((k, v if v is None else v[chosen]) for k, v in vars(self).items()))


@dataclass(frozen=True)
class Word:
    """One word: its text, when it was said, and how sure the recogniser was, 0 to 1. It is 1.0 for given words."""

    text: str
    span: Span
    confidence: float = 1.0


@dataclass(frozen=True)
class Words:
    """Words in order of time. ``language`` is an ISO 639-1 code, or ``None`` when unknown."""

    items: tuple[Word, ...]
    language: str | None = None

    @property
    def text(self) -> str:
        """The words as one line. Spaces are added between words, unless the language is written without spaces."""
        space = "" if self.language in UNSPACED else " "
        return "".join(w.text if w.text[:1].isspace() else space + w.text for w in self.items).strip()

    def shifted(self, seconds: float) -> Words:
        """The same words, said ``seconds`` later."""
        return Words(tuple(Word(w.text, w.span.shifted(seconds), w.confidence) for w in self.items), self.language)

    def __len__(self) -> int:
        return len(self.items)


@dataclass(frozen=True)
class Segment:
    """One utterance or one silent stretch of one person, with all modalities on one clock.

    ``words``, ``frames`` and ``audio`` are ``None`` when absent. ``who`` is the person in view ("person-1") or a voice off
    screen ("voice-1"); ``None`` when unknown. ``context`` is what was said before, the latest last.
    """

    span: Span
    who: str | None = None
    words: Words | None = None
    frames: Frames | None = None
    audio: Audio | None = None
    context: tuple[str, ...] = ()
    features: Mapping[Modality, Track] = field(default_factory=dict)

    @property
    def modalities(self) -> tuple[Modality, ...]:
        """The modalities that are present."""
        parts = {"text": self.words, "voice": self.audio, "face": self.frames}
        return tuple(m for m in MODALITIES if parts[m] is not None or m in self.features)


@dataclass(frozen=True)
class Track:
    """One modality of one segment, as an encoder prepared it. A ``ValueError`` refuses unequal numbers of times and rows.

    Attributes:
        times: float64 (T,) seconds, the middle of the time that each row describes.
        values: (T, ...), rows in order of time; the encoder decides on the dtype.
        quality: float32 (Q,), how good the input is; the encoder's ``quality_names`` name the values.
    """

    times: NDArray[np.float64]
    values: NDArray[Any]
    quality: Float32 = field(default_factory=lambda: np.zeros(0, np.float32))

    def __post_init__(self) -> None:
        if len(self.times) != len(self.values):
            raise ValueError(f"a track needs one time per row: {len(self.times)} times, {len(self.values)} rows")

    def __len__(self) -> int:
        return len(self.times)


TaskKind = Literal["single", "multi", "score"]


@dataclass(frozen=True)
class Task:
    """What a head answers.

    Attributes:
        name: "emotion", "sentiment", ...; in any language, without full stops.
        kind: "single" (one of ``labels``), "multi" (any of ``labels``) or "score" (a number in ``bounds``).
        labels: the possible answers, each once; empty for a score.
        bounds: lowest and highest value of a score, which may be infinite; ``None`` for the other kinds.

    Raises:
        ValueError: the name cannot be used, a label occurs twice, or labels or bounds are missing.
    """

    name: str
    kind: TaskKind = "single"
    labels: tuple[str, ...] = ()
    bounds: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        # Weight names use '.', so task names may not.
        if not self.name.strip() or "." in self.name or not self.name.isprintable():
            allowed = "letters, digits, '_', '-', '/' and spaces"
            raise ValueError(f"a task cannot be called {self.name!r}: name it in {allowed}")
        twice = [label for label in dict.fromkeys(self.labels) if self.labels.count(label) > 1]
        if twice:
            raise ValueError(f"task '{self.name}' has the label '{twice[0]}' several times; name each once")
        ends = self.bounds or ()
        if self.kind == "score" and not (len(ends) == 2 and ends[0] < ends[1]):
            raise ValueError(f"the score '{self.name}' needs bounds, its lowest and highest value, not {ends}")
        if self.kind != "score" and len(self.labels) < 2:
            raise ValueError(f"task '{self.name}' needs at least two labels")

    @property
    def size(self) -> int:
        """L, how many numbers a head for this task gives."""
        return max(1, len(self.labels))


EMOTION = Task("emotion", "single", EMOTIONS)
"""The task of the shipped bundles."""


@dataclass(frozen=True)
class Example:
    """One labelled clip.

    ``targets`` maps a task's name to a float32 vector (L,): for "single" a distribution over the labels (one-hot, or
    annotators' votes as shares), for "multi" zeros and ones, for "score" one number (1,). A task without an entry is
    unlabelled. ``group``, the speaker, is never divided between splits; ``None`` when unknown. ``source`` names the data set.
    """

    clip: Clip
    targets: Mapping[str, Float32]
    group: str | None
    split: str
    source: str
