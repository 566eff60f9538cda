"""Worse copies of a segment, made on purpose: to learn from poor inputs, and to measure how much worse the answers are."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from mien.errors import RecipeError, closest
from mien.types import SAMPLE_RATE, Audio, Frames, Segment, Word, Words

Degrade = Callable[[Segment, float, np.random.Generator], Segment]
"""A segment, the level, and what random choices are drawn from -> the worse segment. What it is not for, it leaves."""


def degraded(segment: Segment, how: str, name: str) -> Segment:
    """A copy of a segment, made worse as ``how`` ("kind:level") says; "" leaves it as it is.

    Args:
        segment: of one clip.
        how: see ``way``.
        name: of the clip. The same name always gives the same result.

    Raises:
        RecipeError: unknown kind or level.
    """
    if not how:
        return segment
    change, level = way(how)
    return change(segment, level, np.random.default_rng(zlib.crc32(f"{name}|{how}".encode())))


def way(how: str) -> tuple[Degrade, float]:
    """The function and the level that "kind:level" names.

    Raises:
        RecipeError: unknown kind or level.
    """
    kind, _, level = how.partition(":")
    if kind not in _WAYS:
        raise RecipeError(f"cannot degrade by '{kind}'; {closest(kind, _WAYS)}")
    try:
        return _WAYS[kind], float(level)
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
    return replace(segment, **parts)


_WAYS: dict[str, Degrade] = {
    "noise": _noise,
    "shrink": _shrink,
    "blur": _blur,
    "errors": _errors,
    "foreign": _foreign,
    "shorten": _shorten,
}
