"""How the answers of voice and face alone change within a moment. Nothing is decoded again: the moment's own data are cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.bundle.bundle import Bundle
from mien.bundle.encoded import EncodedTracks
from mien.timeline import Curve
from mien.types import SAMPLE_RATE, Audio, Float32, Modality, Segment, Span, Task, Track

STEP: Mapping[Modality, float] = {"voice": 1.0, "face": 0.5}
"""Seconds between two rows of a curve. The voice needs longer pieces than the face, so its rows are further apart."""

_WIDTH: Mapping[Modality, float] = {"voice": 2.0, "face": 1.0}  # seconds that one row is about
_NEAR = 1.0  # seconds; answers that are no further apart are compared for the deviation


class Pieces(NamedTuple):
    """Overlapping pieces of the voice of a moment: a time (seconds) and a track for each. They hold no sound."""

    times: tuple[float, ...]
    tracks: tuple[Track, ...]


def pieces(bundle: Bundle, segment: Segment) -> Pieces | None:
    """Pieces of the voice; ``None`` where the moment has no voice, or is no longer than one piece.

    Args:
        bundle: its encoder prepares the tracks. Quality is measured for each piece by itself.
        segment: the moment, with its sound.
    """
    width, within = _WIDTH["voice"], segment.span
    if segment.audio is None or "voice" not in bundle.encoders or within.duration <= width:
        return None
    found = []
    for time in _grid(within, STEP["voice"]):
        # A piece at an edge is as long as the others.
        start = min(max(within.start, time - width / 2), within.end - width)
        audio = _cut(segment.audio, Span(start, start + width))
        part = replace(segment, span=audio.span, words=None, frames=None, audio=audio, features={})
        track = bundle.encoders["voice"].prepare(part)
        if track is not None:
            found.append((time, track))
    return Pieces(tuple(t for t, _ in found), tuple(track for _, track in found)) if found else None


def voice_curve(bundle: Bundle, task: Task, times: Sequence[float], tracks: Sequence[Track]) -> Curve:
    """The curve of a voice.

    Args:
        bundle: answers.
        task: a task of the bundle that is answered with one label.
        times: of the pieces.
        tracks: of the pieces, relative to the person where the bundle has a baseline.
    """
    encoded, at = bundle.encode("voice", tracks), np.asarray(times, np.float64)
    scores = _scores(bundle, task, "voice", encoded)
    return _curve(bundle, task, "voice", (at, scores), (at, scores))


def face_curve(bundle: Bundle, task: Task, encoded: EncodedTracks, span: Span) -> Curve | None:
    """The curve of a face; ``None`` where the encoder gives one state for the whole moment, or the moment is a picture.

    Args:
        bundle, task: see ``voice_curve``.
        encoded: the face of one moment.
        span: of the moment.
    """
    times, known = np.asarray(encoded.times[0], np.float64), encoded.mask[0]
    pictures = np.flatnonzero(known)
    if span.duration <= 0 or len(pictures) < 2:
        return None
    windows = [(t, (np.abs(times - t) <= _WIDTH["face"] / 2) & known) for t in _grid(span, STEP["face"])]
    windows = [(t, mask) for t, mask in windows if mask.any()]
    masks = np.stack([*(np.arange(len(times)) == k for k in pictures), *(mask for _, mask in windows)])
    rows = replace(encoded.rows(np.zeros(len(masks), np.int64)), mask=masks)
    scores = _scores(bundle, task, "face", rows)
    at = np.asarray([t for t, _ in windows], np.float64)
    count = len(pictures)
    return _curve(bundle, task, "face", (at, scores[count:]), (times[pictures], scores[:count]))


def one_row(bundle: Bundle, task: Task, modality: Modality, opinion: Mapping[str, float], span: Span) -> Curve:
    """The curve of a moment that is not cut: what the modality alone says to all of it."""
    row = np.asarray([[opinion[label] for label in task.labels]], np.float32)
    whole = np.asarray([span.middle]), row
    return _curve(bundle, task, modality, whole, whole)


_Answers = tuple[NDArray[np.float64], Float32]  # times (N,) and scores (N, L)


def _curve(bundle: Bundle, task: Task, modality: Modality, rows: _Answers, single: _Answers) -> Curve:
    """The curve with these rows. ``single`` answers around a row give its deviation."""
    times, scores = rows
    near = [single[1][np.abs(single[0] - t) <= _NEAR, row.argmax()] for t, row in zip(times, scores, strict=True)]
    deviation = np.asarray([v.std() if len(v) > 1 else np.nan for v in near], np.float32)
    judgement = bundle.trust.of(task.name, (modality,))
    doubted = [judgement is not None and judgement.uncertain(row) for row in scores]
    return Curve(times, scores, deviation, np.asarray(doubted, bool))


def _scores(bundle: Bundle, task: Task, modality: Modality, encoded: EncodedTracks) -> Float32:
    return np.asarray(bundle.fuse({modality: encoded}).scores[task.name], np.float32)


def _grid(span: Span, step: float) -> list[float]:
    """Times inside the span that are multiples of the step; the middle of the span where there is none."""
    found = [k * step for k in range(int(np.ceil(span.start / step)), int(np.ceil(span.end / step)))]
    return [t for t in found if t in span] or [span.middle]


def _cut(audio: Audio, span: Span) -> Audio:
    first, last = (max(0, round((t - audio.start) * SAMPLE_RATE)) for t in (span.start, span.end))
    return Audio(audio.samples[first:last], audio.start + first / SAMPLE_RATE)
