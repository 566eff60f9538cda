"""Turns sound and pictures that are already in memory into what the rest of mien takes."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable

import numpy as np
from numpy.typing import NDArray

from mien.errors import InputError
from mien.events import Notice
from mien.media.decoding.decoder import Piece
from mien.media.decoding.mixing import Offset, one_channel
from mien.media.decoding.picture import check_size
from mien.media.decoding.resampling import resampled
from mien.types import SAMPLE_RATE, Audio, Float32, Picture

_RATES = (1_000, 768_000)  # Hz; other rates are refused


def sound_of(samples: NDArray[np.generic], rate: int) -> Audio:
    """Samples at any rate as ``Audio``.

    Args:
        samples: (N,) or (N, channels); floats in [-1, 1], or integers over the full range of their type.
        rate: Hz.

    Raises:
        InputError: the shape, the type or the rate is another one.
    """
    found = np.asarray(samples)
    if found.ndim == 2 and 1 <= found.shape[1] <= 32:
        found = one_channel(_unit(found))
    if found.ndim != 1:
        raise InputError(f"sound has the shape (N,) or (N, channels), not {found.shape}; turn the array round")
    if not isinstance(rate, int | np.integer) or not _RATES[0] <= rate <= _RATES[1]:
        raise InputError(f"sound has a rate in Hz between {_RATES[0]:,} and {_RATES[1]:,}, not {rate!r}")
    offset = Offset()
    heard = offset(resampled(_unit(found), int(rate)))
    return Audio(np.concatenate([heard, offset.rest()]))


def _unit(samples: NDArray[np.generic]) -> Float32:
    """Float32 in [-1, 1]. NaN becomes silence."""
    if samples.dtype.kind == "u":
        middle = 2.0 ** (8 * samples.dtype.itemsize - 1)
        return ((samples.astype(np.float64) - middle) / middle).astype(np.float32)
    if samples.dtype.kind == "i":
        return (samples.astype(np.float64) / 2.0 ** (8 * samples.dtype.itemsize - 1)).astype(np.float32)
    if samples.dtype.kind != "f":
        raise InputError(f"sound is made of numbers, not of {samples.dtype}")
    # The numbers are clipped first, because a huge float64 is no float32.
    found: Float32 = np.nan_to_num(np.clip(samples, -1.0, 1.0).astype(np.float32))
    return found


def picture_of(pixels: NDArray[np.generic]) -> NDArray[np.uint8]:
    """A checked picture, uint8 RGB (H, W, 3). Grey (H, W) becomes RGB, and a fourth channel is left out.

    Raises:
        InputError: the shape or the type is another one.
        MediaError: it has more than 100 megapixels.
    """
    found = np.asarray(pixels)
    if found.ndim == 2:
        found = np.repeat(found[..., None], 3, axis=2)
    if found.dtype != np.uint8 or found.ndim != 3 or found.shape[2] not in (3, 4) or not found.size:
        raise InputError(f"a picture is uint8 RGB of the shape (H, W, 3), not {found.dtype} of {found.shape}")
    check_size(found.shape[1], found.shape[0])
    return np.ascontiguousarray(found[..., :3], np.uint8)


def pieces_of(source: Iterable[object], fps: float) -> Generator[Piece | Notice]:
    """Checked pieces as they come in, with at most ``fps`` pictures a second.

    Raises:
        InputError: a piece is neither ``Audio`` nor ``Picture``, or its time is not a finite number of at least 0.
    """
    due = heard = 0.0
    late = 0
    for piece in source:
        if isinstance(piece, Audio):
            sound = Audio(_unit(np.asarray(piece.samples).reshape(-1)), _time(piece.start))
            # Sound that was already given is not given again.
            given = max(0, round((heard - sound.start) * SAMPLE_RATE)) if heard else 0
            if given < len(sound.samples):
                sound = Audio(sound.samples[given:], sound.start + given / SAMPLE_RATE)
                heard = sound.span.end
                yield sound
            else:
                late += bool(len(sound.samples))
        elif isinstance(piece, Picture):
            time = _time(piece.time)
            if time + 1e-6 >= due:
                due = (math.floor(time * fps + 1e-6) + 1) / fps
                yield Picture(picture_of(piece.pixels), time)
        else:
            raise InputError(f"pieces are mien.types.Audio or Picture, not {type(piece).__name__}")
    if late:
        yield Notice("late_pieces", {"count": late})


def _time(seconds: float) -> float:
    if not isinstance(seconds, int | float | np.number) or not math.isfinite(seconds) or seconds < 0:
        raise InputError(f"a piece has its time in seconds from the start, not {seconds!r}")
    return float(seconds)
