"""Writes a clip again as a video, with boxes, names, bars and words in its pictures. Its sound is copied."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from mien.errors import InputError, closest, printable
from mien.events import Notice, Progress, Work
from mien.media.decoding.open import probe, stream
from mien.media.encoding.text import Cue
from mien.media.encoding.video import check_container, video
from mien.report import tracks
from mien.report.language import Language
from mien.report.video.drawing import Box, Drawing, Shown
from mien.runtime.cache import replacing
from mien.timeline import FaceBoxes, Prediction, Timeline
from mien.types import Picture

_RATE = 60.0  # pictures a second at most
_GAP = 1.0  # seconds; between two sightings that are no further apart, a box moves from one to the other
_NEAR = 0.3  # seconds; a box is shown for so long around a sighting that stands alone
_STEP = 0.5  # seconds of the clip between two events of progress
WORDS = ("drawn", "track", "both")
"""Where the words are: drawn in the pictures, in a text track that a player shows or hides, or in both."""


def check_video(target: Path, clip: Path | None) -> None:
    """Refuses what cannot be written, before a long analysis starts.

    Raises:
        InputError: the ending is not known, or the clip is no video.
    """
    check_container(target)
    if clip is None or probe(clip).kind != "video":
        raise InputError(f"--video goes with a video; '{clip or 'a text'}' has no moving pictures: take --html")


def check_words(words: str) -> None:
    """Refuses a place for words that is not one of ``WORDS``.

    Raises:
        InputError: it is not.
    """
    if words not in WORDS:
        raise InputError(f"--video-words cannot be '{words}'; {closest(words, WORDS)}")


def write_video(
    timeline: Timeline, clip: Path, target: Path, lang: str = "en", track: int | None = None, words: str = "drawn"
) -> Work[None]:
    """Writes the annotated clip, whole or not at all. One picture is held at a time.

    Args:
        timeline: the answers about the clip.
        clip: the file.
        target: the video to write; its ending names the container.
        lang: language of labels and names.
        track: the sound track that is copied, counted from 1; ``None`` for the one that was read.
        words: where the words are, one of ``WORDS``.

    Yields:
        Progress, and a notice where no font of this computer has the letters of the words.

    Raises:
        InputError: see ``check_video`` and ``check_words``; or the file cannot be written.
    """
    check_words(words)
    container, path = check_container(target), target.resolve()
    drawing: Drawing | None = None
    answers, drawn = Answers(timeline), words != "track"
    told = -_STEP
    try:
        with (
            replacing(path) as file,
            closing(stream(clip, _RATE, sound=False)) as pieces,
            video(
                file, container, clip, track or _read_track(timeline), cues(timeline) if words != "drawn" else ()
            ) as out,
        ):
            for piece in pieces:
                if not isinstance(piece, Picture):
                    continue
                if drawing is None:
                    height, width = piece.pixels.shape[:2]
                    drawing = Drawing(timeline.labels, Language(lang, timeline.task), (width, height), drawn)
                    if drawn and not all(drawing.writes(p.text) for p in timeline.predictions):
                        yield Notice("no_font")
                out.write(Picture(drawing.draw(piece.pixels, answers.at(piece.time)), piece.time))
                if piece.time - told >= _STEP:
                    told = piece.time
                    yield Progress("draw", timeline.source, piece.time, timeline.duration)
    except OSError as error:
        raise InputError(f"'{target}' cannot be written: {error.strerror or error}") from error
    yield Progress("draw", timeline.source, timeline.duration, timeline.duration)


def cues(timeline: Timeline) -> list[Cue]:
    """The words of a clip as they follow one another. Words that begin together share a cue; the next one ends it."""
    said: dict[float, list[Prediction]] = {}
    for p in sorted(timeline.predictions, key=lambda p: p.span.start):
        if p.text:
            said.setdefault(p.span.start, []).append(p)
    ends = [*said, math.inf][1:]
    return [
        Cue(start, min(after, max(p.span.end for p in ps)), "\n".join(" ".join(printable(p.text).split()) for p in ps))
        for (start, ps), after in zip(said.items(), ends, strict=True)
    ]


def _read_track(timeline: Timeline) -> int:
    """The sound track that was chosen by its content, else the first."""
    return next((int(str(n.values["track"])) for n in timeline.notices if n.code == "track_chosen"), 1)


class Answers:
    """The answers at each moment of a clip, asked in order of time."""

    def __init__(self, timeline: Timeline) -> None:
        self._waiting = list(reversed(timeline.predictions))
        self._now: list[Prediction] = []
        self._faces = dict(tracks.faces(timeline))

    def at(self, time: float) -> Sequence[Shown]:
        """The answers at a time, which is not before the last one asked for."""
        while self._waiting and self._waiting[-1].span.start <= time:
            self._now.append(self._waiting.pop())
        self._now = [p for p in self._now if time < p.span.end]
        return [Shown(p, self._box(p.who, time)) for p in self._latest()]

    def _latest(self) -> Iterator[Prediction]:
        """One answer for each person."""
        yield from {p.who: p for p in self._now}.values()

    def _box(self, who: str | None, time: float) -> Box | None:
        faces = self._faces.get(who)
        return None if faces is None else box_at(faces, time)


def box_at(faces: FaceBoxes, time: float) -> Box | None:
    """Where a face is at a time, between its sightings; ``None`` when it is out of view."""
    after = int(np.searchsorted(faces.times, time))
    before = after - 1
    if 0 < after < len(faces) and faces.times[after] - faces.times[before] <= _GAP:
        part = (time - faces.times[before]) / max(faces.times[after] - faces.times[before], 1e-6)
        box = (1 - part) * faces.boxes[before] + part * faces.boxes[after]
    else:
        near = [k for k in (before, after) if 0 <= k < len(faces) and abs(faces.times[k] - time) <= _NEAR]
        if not near:
            return None
        box = faces.boxes[near[0]]
    left, top, right, bottom = (float(v) for v in box)
    return left, top, right, bottom
