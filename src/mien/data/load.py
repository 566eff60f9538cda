"""Turns the clip of an example into the segment that an encoder reads."""

from __future__ import annotations

import io
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mien.data.rows import block_starts, read_arrays
from mien.errors import MediaError
from mien.media.text.words import language_of, pace, pieces
from mien.types import (
    MODALITIES,
    Clip,
    Features,
    Float32,
    Frames,
    Modality,
    Segment,
    Span,
    Track,
    Word,
    Words,
)

if TYPE_CHECKING:
    from mien.media.landmarks import Landmarks


def segment_of(clip: Clip, modality: Modality) -> Segment | None:
    """One modality of the whole clip as one segment; ``None`` when the clip does not have this modality.

    A still picture counts as a face crop; it is framed anew where the points of the face are found, as crops of video are. In
    a video, the face that is in view longest is taken.

    Raises:
        MediaError: a file of the clip cannot be read.
    """
    given = clip.features.get(modality)
    if given is not None:
        values = _rows_of(given)
        times = np.asarray(given.times) if len(given.times) == len(values) else np.arange(len(values), dtype=float)
        return Segment(Span(0.0, 0.0), clip.speaker, context=clip.context, features={modality: Track(times, values)})
    if modality == "text":
        words = words_of(clip.text, span=clip.span) if clip.text else None
        span = clip.span or Span(0.0, words.items[-1].span.end if words else 0.0)
        return Segment(span, clip.speaker, words, context=clip.context) if words else None
    return _sound(clip) if modality == "voice" else _face(clip)


def whole_segment(clip: Clip) -> Segment:
    """All modalities of a clip as one segment. Ready-made features are left out.

    Raises:
        MediaError: a file of the clip cannot be read.
    """
    bare = replace(clip, features={})
    text, voice, face = (segment_of(bare, m) for m in MODALITIES)
    there = [part.span for part in (text, voice, face) if part is not None]
    return Segment(
        clip.span or (there[0] if there else Span(0.0, 0.0)),
        clip.speaker,
        None if text is None else text.words,
        None if face is None else face.frames,
        None if voice is None else voice.audio,
        clip.context,
    )


def _sound(clip: Clip) -> Segment | None:
    from mien.media.decoding.open import probe
    from mien.media.decoding.sound import read_audio

    path = clip.audio or clip.video
    if path is None or (clip.audio is None and not probe(path).has_audio):
        return None
    audio = read_audio(path, clip.span)
    return Segment(audio.span, clip.speaker, audio=audio)


def _face(clip: Clip) -> Segment | None:
    if clip.image is not None:
        return Segment(Span(0.0, 0.0), clip.speaker, frames=_framed(_picture(clip)))
    if clip.video is None:
        return None
    from mien.media.watching import main_face

    frames = main_face(clip.video, clip.span)
    return Segment(Span(0.0, float(frames.times[-1])), clip.speaker, frames=frames) if frames is not None else None


def _framed(pixels: NDArray[np.uint8]) -> Frames:
    """A picture of one face, framed like the crops of video; as it is where the points of the face are not found."""
    from mien.media.landmarks import whole

    points = _landmarks().find(pixels, whole(pixels))
    if points is None:
        return Frames(pixels[None], np.zeros(1), pose=np.full((1, 3), np.nan, np.float32))
    crop = points.square.out_of(pixels, min(pixels.shape[:2]))
    mouth, pose = np.asarray([points.mouth], np.float32), np.asarray([points.pose], np.float32)
    return Frames(crop[None], np.zeros(1), mouth=mouth, pose=pose)


@lru_cache(maxsize=1)
def _landmarks() -> Landmarks:
    from mien.media.landmarks import Landmarks

    return Landmarks()


def _rows_of(given: Features) -> Float32:
    """The named rows as float32 (T, D). A row that is a sequence itself gives several of the T rows."""
    starts = _starts(given.path)
    found = []
    for row in given.rows:
        block = bisect_right(starts, row) - 1
        values = _arrays(given.path, given.array, block)[row - starts[block]]
        found.append(values.reshape(-1, values.shape[-1]))
    return np.concatenate(found)


@lru_cache(maxsize=64)
def _starts(path: Path) -> Sequence[int]:
    return block_starts(path)


@lru_cache(maxsize=8)
def _arrays(path: Path, name: str, block: int) -> Sequence[Float32]:
    return read_arrays(path, name, block)


def words_of(text: str, language: str | None = None, span: Span | None = None) -> Words:
    """Spreads words without times evenly over the span in which they were said.

    Args:
        text: the words.
        language: ISO 639-1; ``None`` when only the script of the text may tell it.
        span: in seconds; ``None`` for a usual pace from 0 on.
    """
    language = language or language_of(text)
    found = pieces(text, language) or [text]
    start, each = (span.start, span.duration / len(found)) if span is not None else (0.0, pace(language))
    return Words(tuple(Word(w, Span(start + i * each, start + (i + 1) * each)) for i, w in enumerate(found)), language)


def _picture(clip: Clip) -> NDArray[np.uint8]:
    if clip.image is None:
        raise ValueError("the clip has no picture")
    if clip.row is None:
        from mien.media.decoding.picture import read_image

        return read_image(clip.image)
    from PIL import Image

    pictures = _column(clip.image)
    if clip.row >= len(pictures):
        raise MediaError(
            f"'{clip.image}' has no picture {clip.row}; its rows are numbered from 0 to {len(pictures) - 1}"
        )
    with Image.open(io.BytesIO(pictures[clip.row].as_py())) as picture:
        return np.asarray(picture.convert("RGB"))


@lru_cache(maxsize=1)
def _column(path: Path) -> Any:
    from pyarrow import parquet

    return parquet.read_table(path, columns=["image"])["image"]
