"""Takes notes while a clip is analyzed: what the timeline does not hold, and the measures need. Nothing is read twice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mien.encoders import _prosody
from mien.events import Answered, Event
from mien.timeline import Timeline
from mien.types import Float32, Frames, Segment, Span, Words

SHORTEST_PAUSE = 0.25
"""Seconds without a word that count as a pause (Goldman-Eisler 1968, Psycholinguistics: experiments in spontaneous speech)."""

TURNED = 20.0
"""Degrees that a head may be turned or bent and still faces the camera. It is our choice, and no published bound."""


@dataclass(frozen=True)
class Voiced:
    """Sums over frames of a moment: their number, sum, and sum of squares, for pitch (semitones) and level (dB)."""

    pitch: tuple[float, float, float]
    level: tuple[float, float, float]


@dataclass(frozen=True)
class Note:
    """What was noted of one moment.

    Attributes:
        pauses: lengths in seconds of the pauses between its words; empty without times of words.
        voiced: of its sound; ``None`` without sound.
        facing: pictures whose head faces the camera, and all pictures with a known pose; ``None`` without any.
    """

    pauses: tuple[float, ...] = ()
    voiced: Voiced | None = None
    facing: tuple[int, int] | None = None


@dataclass
class Notes:
    """Notes of every moment. Give its ``look`` to ``mien.events.finish`` or ``tap`` as the listener.

    The notes come in the order of ``Timeline.predictions``.
    """

    items: list[Note] = field(default_factory=list)

    def look(self, event: Event) -> None:
        """Takes a note of a moment."""
        if isinstance(event, Answered):
            self.items.append(note(event.moment.segment))


@dataclass(frozen=True)
class Recording:
    """A timeline with its notes: one for each prediction, or none where only the timeline is at hand."""

    timeline: Timeline
    notes: tuple[Note, ...] = ()

    def __post_init__(self) -> None:
        if self.notes and len(self.notes) != len(self.timeline.predictions):
            raise ValueError(f"{len(self.notes)} notes for {len(self.timeline.predictions)} moments")


def note(segment: Segment) -> Note:
    """The note of one moment."""
    return Note(
        _pauses(segment.words) if segment.words is not None else (),
        None if segment.audio is None else _voiced(segment.audio.samples),
        None if segment.frames is None else _facing(segment.frames),
    )


def _pauses(words: Words) -> tuple[float, ...]:
    gaps = (after.span.start - before.span.end for before, after in pairwise(words.items))
    return tuple(round(gap, 3) for gap in gaps if gap >= SHORTEST_PAUSE)


def _voiced(samples: Float32) -> Voiced:
    pitch, level = (values.astype(np.float64) for values in _prosody.melody_and_level(samples))
    return Voiced(_sums(pitch), _sums(level))


def _sums(values: NDArray[np.float64]) -> tuple[float, float, float]:
    return float(len(values)), float(values.sum()), float((values**2).sum())


def _facing(frames: Frames) -> tuple[int, int] | None:
    if frames.pose is None:
        return None
    known = frames.pose[np.isfinite(frames.pose).all(axis=1), :2]
    return (int((np.abs(known) <= TURNED).all(axis=1).sum()), len(known)) if len(known) else None


def overlap(span: Span, others: Iterable[Span]) -> float:
    """Seconds of a span that others cover; where they overlap one another, each counts."""
    return sum(common.duration for other in others if (common := span & other) is not None)
