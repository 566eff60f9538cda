"""Fingerprints of sounds, pictures and texts, which near-duplicates have in common.

Sound: Haitsma and Kalker 2002, "A highly robust audio fingerprinting system", ISMIR: 32 bits every 1/32 s, the signs of
differences of energy between neighbouring bands and moments. Picture: the perceptual hash of the face (Zauner 2010,
"Implementation and benchmarking of perceptual image hash functions"): the signs of 256 coefficients of a cosine transform.
Text: the words without case and punctuation.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.types import SAMPLE_RATE, Float32, Frames, Segment

_HOP = SAMPLE_RATE // 32  # samples
_WINDOW = 5920  # samples, 0.37 s
_BANDS = 33
_EDGES = np.geomspace(300.0, 2000.0, _BANDS + 1)  # Hz
_SIDE, _LOW = 64, 16  # pixels of a picture; so many coefficients each way, of the lowest frequencies, give a bit each
_SAMPLED = 3  # pictures of a clip
_FEWEST_WORDS = 4


def fingerprints(segment: Segment) -> dict[str, bytes]:
    """The fingerprints of a clip: "sound", "picture" and "text". One that would tell nothing is left out."""
    found = {}
    if segment.audio is not None:
        found["sound"] = sound_bits(segment.audio.samples).tobytes()
    if segment.frames is not None:
        found["picture"] = picture_bits(segment.frames).tobytes()
    if segment.audio is None and segment.words is not None:
        found["text"] = text_bits(segment.words.text)
    return {kind: bits for kind, bits in found.items() if bits}


def sound_bits(samples: Float32) -> NDArray[np.uint32]:
    """32 bits for every 1/32 s, uint32 (T,); empty for less than half a second or for silence."""
    if len(samples) < SAMPLE_RATE // 2 or float(np.abs(samples).max()) < 1e-4:
        return np.zeros(0, np.uint32)
    padded = np.pad(samples, (_WINDOW // 2, _WINDOW // 2))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP]
    power = np.concatenate([_power(frames[i : i + 256]) for i in range(0, len(frames), 256)])
    bands = power @ _filters()
    steps = np.diff(bands, axis=1)
    bits = np.diff(steps, axis=0) > 0
    return np.asarray(bits @ (np.uint32(1) << np.arange(32, dtype=np.uint32)), np.uint32)


def picture_bits(frames: Frames) -> NDArray[np.uint8]:
    """The hashes of the first, the middle and the last picture, uint8 (3, 32). Of one picture all are alike."""
    chosen = np.linspace(0, len(frames) - 1, _SAMPLED).round().astype(int)
    return np.stack([_hash(frames.pixels[n]) for n in chosen])


def text_bits(text: str) -> bytes:
    """A hash of the words; empty for fewer than four words, which people say again by chance."""
    words = re.findall(r"\w+", text.casefold())
    return hashlib.sha256(" ".join(words).encode()).digest()[:16] if len(words) >= _FEWEST_WORDS else b""


def _hash(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    small = Image.fromarray(pixels).convert("L").resize((_SIDE, _SIDE), Image.Resampling.BOX)
    found = (_cosines() @ np.asarray(small, np.float64) @ _cosines().T).ravel()
    return np.packbits(found > np.median(found[1:]))


@cache
def _cosines() -> NDArray[np.float64]:
    """The first rows of the discrete cosine transform (DCT-II), float64 (16, 64)."""
    return np.cos(np.pi / _SIDE * np.arange(_LOW)[:, None] * (np.arange(_SIDE) + 0.5))


def _power(frames: Float32) -> Float32:
    return np.asarray(np.abs(np.fft.rfft(frames * np.hanning(_WINDOW))) ** 2, np.float32)


@cache
def _filters() -> Float32:
    """Which bin of the spectrum belongs to which band, float32 (bins, 33)."""
    hertz = np.fft.rfftfreq(_WINDOW, 1 / SAMPLE_RATE)[:, None]
    return np.asarray((hertz >= _EDGES[:-1]) & (hertz < _EDGES[1:]), np.float32)
