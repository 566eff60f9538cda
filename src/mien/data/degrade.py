"""Makes degraded copies of segments, to train on poor inputs and to measure their effect on the answers."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from mien.data import channel
from mien.errors import RecipeError, closest
from mien.media.decoding.opus import encoded
from mien.types import SAMPLE_RATE, Audio, Float32, Segment, Word, Words

Degrade = Callable[[Segment, float, np.random.Generator], Segment]
"""(segment, level, random generator) -> degraded segment. A segment without the modality comes back unchanged."""


def degraded(segment: Segment, how: str, name: str) -> Segment:
    """A degraded copy of a segment.

    Args:
        segment: of one clip.
        how: "kind:level", see ``way``; "" leaves the segment as it is.
        name: of the clip. The same name always gives the same result.

    Raises:
        RecipeError: the kind or the level is unknown.
    """
    if not how:
        return segment
    change, level = way(how)
    return change(segment, level, np.random.default_rng(zlib.crc32(f"{name}|{how}".encode())))


def way(how: str) -> tuple[Degrade, float]:
    """The function and the level that "kind:level" names.

    The kinds are noise (dB), room (seconds of reverberation), phone (highest Hz), codec (kilobits a second), clipping (dB
    below the peak), channel (share of the segments; see ``data.channel``), shrink (pixels), blur (pixels), cover (share of the
    face's height), errors (share), foreign (share), unwritten (share) and shorten (seconds).

    Raises:
        RecipeError: the kind is unknown, or the level is not a number.
    """
    kind, _, level = how.partition(":")
    if kind not in _WAYS:
        raise RecipeError(f"cannot degrade by '{kind}'; {closest(kind, _WAYS)}")
    try:
        return _WAYS[kind], float(level)
    except ValueError:
        raise RecipeError(f"'{how}' needs a number after the colon") from None


def _noise(segment: Segment, snr_db: float, rng: np.random.Generator) -> Segment:
    """Adds noise like pink noise at a signal-to-noise ratio in dB."""
    return _heard(segment, lambda samples: channel.noisy(samples, snr_db, rng))


def _room(segment: Segment, seconds: float, rng: np.random.Generator) -> Segment:
    return _heard(segment, lambda samples: channel.reverberant(samples, seconds, rng))


def _phone(segment: Segment, highest: float, rng: np.random.Generator) -> Segment:
    return _heard(segment, lambda samples: channel.telephone(samples, highest))


def _codec(segment: Segment, kbps: float, rng: np.random.Generator) -> Segment:
    return _heard(segment, lambda samples: encoded(samples, kbps))


def _clipping(segment: Segment, decibels: float, rng: np.random.Generator) -> Segment:
    return _heard(segment, lambda samples: channel.clipped(samples, decibels))


def _channel(segment: Segment, share: float, rng: np.random.Generator) -> Segment:
    """Records a share of the segments with other rooms, microphones and codecs."""
    if rng.random() >= share:
        return segment
    return _heard(segment, lambda samples: channel.channel(samples, rng))


def _heard(segment: Segment, change: Callable[[Float32], Float32]) -> Segment:
    """The segment with its sound changed; as it is where it has none."""
    if segment.audio is None or not len(segment.audio.samples):
        return segment
    return _with(segment, audio=Audio(change(segment.audio.samples), segment.audio.start))


def _shrink(segment: Segment, side: float, rng: np.random.Generator) -> Segment:
    """Makes faces look as if they were ``side`` pixels wide in the source."""
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
    return _with(segment, frames=replace(segment.frames, pixels=np.stack(pixels), boxes=boxes))


def _blur(segment: Segment, radius: float, rng: np.random.Generator) -> Segment:
    """Blurs faces with a Gaussian kernel; the radius is in pixels of the crop."""
    if segment.frames is None:
        return segment
    from PIL import Image, ImageFilter

    kernel = ImageFilter.GaussianBlur(radius)
    pixels = np.stack([np.asarray(Image.fromarray(p).filter(kernel)) for p in segment.frames.pixels])
    return _with(segment, frames=replace(segment.frames, pixels=pixels))


def _cover(segment: Segment, share: float, rng: np.random.Generator) -> Segment:
    """Covers a face from below with grey, up to a share of its height, as a mask or a hand does."""
    if segment.frames is None:
        return segment
    pixels = segment.frames.pixels.copy()
    pixels[:, round(pixels.shape[1] * (1 - share)) :] = 128
    return _with(segment, frames=replace(segment.frames, pixels=pixels))


_MISHEARD = ("the", "a", "it", "and", "uh", "that", "of", "so", "you", "in", "yeah", "to")
_MISHEARD_ZH = ("的", "了", "是", "我", "你", "不", "这", "那", "就", "有", "在", "嗯")


def _errors(segment: Segment, rate: float, rng: np.random.Generator) -> Segment:
    """Makes the word errors of a recogniser: words disappear or change, and the confidence of all words falls."""
    if segment.words is None:
        return segment
    kept = []
    vocabulary = _MISHEARD_ZH if segment.words.language in ("zh", "yue") else _MISHEARD
    for word in segment.words.items:
        draw = rng.random()
        confidence = float(np.clip(rng.normal(0.95 - rate, 0.1), 0.05, 1.0))
        if draw < rate / 3:
            continue
        wrong = draw < rate
        kept.append(Word(str(rng.choice(vocabulary)) if wrong else word.text, word.span, confidence))
    return _with(segment, words=Words(tuple(kept), segment.words.language) if kept else None)


def _unwritten(segment: Segment, share: float, rng: np.random.Generator) -> Segment:
    """Takes capitals and punctuation from a share of the segments, as some speech recognition writes. Emoji go with them."""
    if segment.words is None or rng.random() >= share:
        return segment
    said = ("".join(c for c in w.text.lower() if c.isalnum() or c in "'’ ") for w in segment.words.items)
    items = tuple(replace(w, text=text) for w, text in zip(segment.words.items, said, strict=True) if text.strip())
    return _with(segment, words=Words(items, segment.words.language)) if items else segment


_VOWELS, _CONSONANTS = "aeiouy", "bcdfghjklmnpqrstvwxz"


def _foreign(segment: Segment, share: float, rng: np.random.Generator) -> Segment:
    """Turns a share of the words into words of an unknown language.

    Vowels are replaced by vowels and consonants by consonants, in the same way in the whole segment.
    """
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
    """Keeps a random stretch of the sound, ``seconds`` long."""
    if segment.audio is None or len(segment.audio.samples) <= seconds * SAMPLE_RATE:
        return segment
    length = int(seconds * SAMPLE_RATE)
    at = int(rng.integers(0, len(segment.audio.samples) - length + 1))
    return _with(segment, audio=Audio(segment.audio.samples[at : at + length], segment.audio.start))


def _with(segment: Segment, **parts: Any) -> Segment:
    return replace(segment, **parts)


_WAYS: dict[str, Degrade] = {
    "noise": _noise,
    "room": _room,
    "phone": _phone,
    "codec": _codec,
    "clipping": _clipping,
    "channel": _channel,
    "shrink": _shrink,
    "blur": _blur,
    "cover": _cover,
    "errors": _errors,
    "foreign": _foreign,
    "unwritten": _unwritten,
    "shorten": _shorten,
}
