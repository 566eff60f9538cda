"""How much of a sound has two voices at once, told by two pitches that do not belong together.

The method is the cascade of two difference functions of de Cheveigné 1993, "Separation of concurrent harmonic sounds", JASA 93:
the period that cancels most of the sound is taken out, and another one is sought in the rest.
``benchmarks/overlap.py`` measures it on voices that were laid over one another.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mien.types import SAMPLE_RATE, Float32

_RATE = SAMPLE_RATE // 2
_HIGHEST, _LOWEST = 400, 80  # Hz of a pitch
_LAGS = np.arange(_RATE // _HIGHEST, _RATE // _LOWEST)
_WINDOW = 360  # samples, 45 ms
_HOP = 160
_BLOCK = 1500  # frames at once, half a minute
_VOICED = 0.5  # of a frame that a period explains, this may be left at most
_SECOND = 0.4  # of the rest that another period explains, this may be left at most
_LEFT = 0.2  # at least so much of the frame must the first period leave to explain
_HARMONIC = (1 / 3, 1 / 2, 2 / 3, 1.0, 3 / 2, 2.0, 3.0)
_NEAR = 0.06  # periods that are so close to these multiples of the first one are of the same voice
_QUIET = 3e-3  # of the loudest frame's power


def two_voices(samples: Float32) -> float:
    """The share of the voiced time in which two voices are heard, 0 to 1; 0 for a sound without voiced time.

    Args:
        samples: float32 (N,), 16 kHz.
    """
    half = samples[: len(samples) // 2 * 2].reshape(-1, 2).mean(axis=1)
    size = _WINDOW + 2 * int(_LAGS[-1])
    if len(half) < size:
        return 0.0
    frames = np.lib.stride_tricks.sliding_window_view(half, size)[::_HOP]
    power = (frames**2).mean(axis=1)
    loud = frames[power > max(float(power.max()) * _QUIET, 1e-9)]
    found = [_of(np.asarray(loud[i : i + _BLOCK], np.float64)) for i in range(0, len(loud), _BLOCK)]
    voiced, both = (sum(values) for values in zip(*found, strict=True)) if found else (0, 0)
    return both / voiced if voiced else 0.0


def _of(frames: NDArray[np.float64]) -> tuple[int, int]:
    """How many frames are voiced, and how many of these have two voices."""
    longest = int(_LAGS[-1])
    left = _left(frames[:, longest:], longest)
    first = _LAGS[left.argmin(axis=1)]
    columns = np.arange(_WINDOW + longest) + longest
    rows = np.arange(len(frames))[:, None]
    rest = frames[rows, columns] - frames[rows, columns - first[:, None]]
    again = _left(rest, longest)
    ratio = _LAGS / first[:, None]
    same = np.any([np.abs(ratio / harmonic - 1) < _NEAR for harmonic in _HARMONIC], axis=0)
    lowest = left.min(axis=1)
    voiced = lowest < _VOICED
    both = voiced & (lowest > _LEFT) & (np.where(same, 1.0, again).min(axis=1) < _SECOND)
    return int(voiced.sum()), int(both.sum())


def _left(sound: NDArray[np.float64], longest: int) -> NDArray[np.float64]:
    """What each period leaves of the frames, (F, lags): the power of x(n) - x(n - lag), as a part of twice that of x(n)."""
    now = sound[:, longest : longest + _WINDOW]
    power = 2 * (now**2).mean(axis=1) + 1e-12
    left = [((now - sound[:, longest - lag : longest - lag + _WINDOW]) ** 2).mean(axis=1) / power for lag in _LAGS]
    return np.stack(left, axis=1)
