"""From an example's clip to the segment its encoders read, spoilt on purpose where a recipe asks for it."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from mien.data.rows import read_array
from mien.errors import MediaError, RecipeError, closest
from mien.media.text.words import language_of, pace, pieces
from mien.types import (
    SAMPLE_RATE,
    Audio,
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


def segment_of(clip: Clip, modality: Modality) -> Segment | None:
    """One modality of the whole clip as one segment; ``None`` when the clip has none of it.

    A picture is taken to be a face crop. Of a video the face that is in view longest is taken.
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
        return Segment(Span(0.0, 0.0), clip.speaker, frames=Frames(_picture(clip)[None], np.zeros(1)))
    if clip.video is None:
        return None
    from mien.media.watching import main_face

    frames = main_face(clip.video, clip.span)
    return Segment(Span(0.0, float(frames.times[-1])), clip.speaker, frames=frames) if frames is not None else None


def _rows_of(given: Features) -> Float32:
    """(T, D): the rows named, one under the other; a single row that is a sequence itself stays one."""
    rows = _array(given.path, given.array)[list(given.rows)]
    return rows.reshape(-1, rows.shape[-1])


@lru_cache(maxsize=8)
def _array(path: Path, name: str) -> Float32:
    return read_array(path, name)


def words_of(text: str, language: str | None = None, span: Span | None = None) -> Words:
    """Known words without known times: one after the other at an even pace, over the span in which they were said.

    Args:
        text: the words.
        language: ISO 639-1; ``None`` for what their script gives away.
        span: seconds; ``None`` for a usual pace from 0 on.
    """
    language = language or language_of(text)
    found = pieces(text, language) or [text]
    start, each = (span.start, span.duration / len(found)) if span is not None else (0.0, pace(language))
    return Words(tuple(Word(w, Span(start + i * each, start + (i + 1) * each)) for i, w in enumerate(found)), language)


def _picture(clip: Clip) -> np.ndarray[Any, np.dtype[np.uint8]]:
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


Spoil = Callable[[Segment, float, np.random.Generator], Segment]


def spoil(segment: Segment, how: str, name: str) -> Segment:
    """Degrade a segment as ``how`` ("kind:level") says; "" leaves it. The same name always gives the same result.

    Raises:
        RecipeError: unknown kind or level.
    """
    if not how:
        return segment
    change, amount = spoiler(how)
    return change(segment, amount, np.random.default_rng(zlib.crc32(f"{name}|{how}".encode())))


def spoiler(how: str) -> tuple[Spoil, float]:
    """What "kind:level" means.

    Raises:
        RecipeError: unknown kind or level.
    """
    kind, _, level = how.partition(":")
    if kind not in _SPOILERS:
        raise RecipeError(f"cannot degrade by '{kind}'; {closest(kind, _SPOILERS)}")
    try:
        return _SPOILERS[kind], float(level)
    except ValueError:
        raise RecipeError(f"'{how}' needs a number after the colon") from None


def _noise(segment: Segment, snr_db: float, rng: np.random.Generator) -> Segment:
    """Pink-like noise at a signal-to-noise ratio in dB."""
    if segment.audio is None:
        return segment
    samples = segment.audio.samples
    spectrum = np.fft.rfft(rng.standard_normal(len(samples)))
    spectrum /= np.sqrt(np.maximum(np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE), 50.0))
    noise = np.fft.irfft(spectrum, len(samples))
    power = float(np.mean(samples**2)) / max(float(np.mean(noise**2)), 1e-12)
    mixed = samples + noise * np.sqrt(power * 10 ** (-snr_db / 10))
    loudest = max(1.0, float(np.abs(mixed).max()))
    return _with(segment, audio=Audio((mixed / loudest).astype(np.float32), segment.audio.start))


def _shrink(segment: Segment, side: float, rng: np.random.Generator) -> Segment:
    """Faces as if they had been ``side`` pixels wide in the source."""
    if segment.frames is None:
        return segment
    from PIL import Image

    small, count = round(side), len(segment.frames)
    size = segment.frames.pixels.shape[2], segment.frames.pixels.shape[1]
    pixels = [
        np.asarray(
            Image.fromarray(p).resize((small, small), Image.Resampling.BOX).resize(size, Image.Resampling.BICUBIC)
        )
        for p in segment.frames.pixels
    ]
    boxes = np.tile(np.asarray([0, 0, side, side], np.float32), (count, 1))
    return _with(segment, frames=Frames(np.stack(pixels), segment.frames.times, boxes))


def _blur(segment: Segment, radius: float, rng: np.random.Generator) -> Segment:
    """Faces out of focus: Gaussian blur with a radius in pixels of the crop."""
    if segment.frames is None:
        return segment
    from PIL import Image, ImageFilter

    kernel = ImageFilter.GaussianBlur(radius)
    pixels = np.stack([np.asarray(Image.fromarray(p).filter(kernel)) for p in segment.frames.pixels])
    return _with(segment, frames=Frames(pixels, segment.frames.times, segment.frames.boxes))


def _errors(segment: Segment, rate: float, rng: np.random.Generator) -> Segment:
    """Word errors as of a recogniser: words drop out or turn into others, and all confidence falls with them."""
    if segment.words is None:
        return segment
    kept = []
    vocabulary = ("the", "a", "it", "and", "uh", "that", "of", "so", "you", "in", "yeah", "to")
    for word in segment.words.items:
        draw = rng.random()
        confidence = float(np.clip(rng.normal(0.95 - rate, 0.1), 0.05, 1.0))
        if draw < rate / 3:
            continue
        wrong = draw < rate
        kept.append(Word(str(rng.choice(vocabulary)) if wrong else word.text, word.span, confidence))
    return _with(segment, words=Words(tuple(kept), segment.words.language) if kept else None)


_VOWELS, _CONSONANTS = "aeiouy", "bcdfghjklmnpqrstvwxz"


def _foreign(segment: Segment, share: float, rng: np.random.Generator) -> Segment:
    """A share of the words as of a language nobody knows: vowels change places with vowels, consonants with consonants, the
    same way in the whole segment."""
    if segment.words is None:
        return segment
    strange = "".join("".join(rng.permutation(list(kind))) for kind in (_VOWELS, _CONSONANTS))
    table = str.maketrans(_VOWELS + _CONSONANTS, strange)
    items = tuple(
        Word(w.text.lower().translate(table) if rng.random() < share else w.text, w.span, w.confidence)
        for w in segment.words.items
    )
    return _with(segment, words=Words(items, segment.words.language))


def _shorten(segment: Segment, seconds: float, rng: np.random.Generator) -> Segment:
    """A stretch of so many seconds from somewhere in the sound."""
    if segment.audio is None or len(segment.audio.samples) <= seconds * SAMPLE_RATE:
        return segment
    length = int(seconds * SAMPLE_RATE)
    at = int(rng.integers(0, len(segment.audio.samples) - length + 1))
    return _with(segment, audio=Audio(segment.audio.samples[at : at + length], segment.audio.start))


def _with(segment: Segment, **parts: Any) -> Segment:
    from dataclasses import replace

    return replace(segment, **parts)


_SPOILERS: dict[str, Spoil] = {
    "noise": _noise,
    "shrink": _shrink,
    "blur": _blur,
    "errors": _errors,
    "foreign": _foreign,
    "shorten": _shorten,
}
