"""Pitch, energy and spectrum of a voice, in NumPy."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from mien.types import SAMPLE_RATE, Float32

COLUMNS: tuple[str, ...] = (
    "voiced",
    "pitch_mean",
    "pitch_deviation",
    "pitch_slope",
    "energy_mean",
    "energy_deviation",
    "centroid",
    "slope_db",
    "flatness",
)
"""Share of voiced frames; log2 of the pitch in Hz (mean, deviation, change over the stretch); log energy (mean, deviation);
spectral centroid (kHz); level above 1 kHz relative to the level below (dB); spectral flatness (log)."""

_FRAME, _HOP = 640, 320  # 40 ms every 20 ms
_BLOCK = 1500  # frames that are described at once
_LOWEST, _HIGHEST = 60.0, 500.0  # Hz, pitch of a speaking voice
_LEVEL = 0.08  # root mean square
_FASTEST = 2.0  # semitones from frame to frame
_SHORTEST = 5  # frames
_VOICED = 0.45  # least normalised autocorrelation of a voiced frame


def describe(samples: Float32, edges: Sequence[int]) -> tuple[Float32, float]:
    """Prosody of each stretch between ``edges`` (in samples), (len(edges) - 1, 9), and how many seconds are voiced.

    The columns are ``COLUMNS``.
    """
    energy = _by_blocks(_energy, samples)
    pitch = _voice(samples, energy)
    spectral = _by_blocks(_spectral, samples)
    rows = []
    for start, end in itertools.pairwise(edges):
        part = slice(min(start // _HOP, len(energy) - 1), max(end // _HOP, start // _HOP + 1))
        rows.append([*_melody(pitch[part]), energy[part].mean(), energy[part].std(), *spectral[part].mean(axis=0)])
    return np.asarray(rows, np.float32), _seconds(pitch)


def voiced_seconds(samples: Float32) -> float:
    """How many seconds of a sound are voiced."""
    level = levelled(samples)
    return _seconds(_voice(level, _by_blocks(_energy, level)))


def levelled(samples: Float32) -> Float32:
    """The sound scaled to a fixed root mean square, since the distance to the microphone says nothing about emotion."""
    return np.asarray(samples * (_LEVEL / max(float(np.sqrt(np.mean(samples**2))), 1e-6)), np.float32)


def snr_db(samples: Float32) -> float:
    """How far the loud frames are above the quiet ones, dB in [-5, 40]. Pauses in speech show the background noise."""
    power = _by_blocks(_power, samples) + 1e-10
    quiet, loud = np.percentile(power, [10, 90])
    return float(np.clip(10 * np.log10(max(loud - quiet, 1e-10) / quiet), -5.0, 40.0))


def _frames(samples: Float32) -> Float32:
    padded = np.pad(samples, (0, max(0, _FRAME - len(samples))))
    return sliding_window_view(padded, _FRAME)[::_HOP]


def _by_blocks(function: Callable[[Float32], Float32], samples: Float32) -> Float32:
    """A function of frames for all frames of a sound. It gets half a minute at once, because frames take much memory."""
    frames = _frames(samples)
    return np.concatenate([function(frames[i : i + _BLOCK]) for i in range(0, len(frames), _BLOCK)])


def _power(frames: Float32) -> Float32:
    return np.asarray(np.mean(frames**2, axis=1), np.float32)


def _energy(frames: Float32) -> Float32:
    return np.asarray(np.log(np.mean(frames**2, axis=1) + 1e-7), np.float32)


def _voice(samples: Float32, energy: Float32) -> Float32:
    """The pitch of each frame in Hz; 0 where it is unvoiced, or so quiet that it is background."""
    return np.where(energy < energy.max() - 7.0, 0.0, _by_blocks(_pitch, samples)).astype(np.float32)


def _seconds(pitch: Float32) -> float:
    return float((pitch > 0).sum()) * _HOP / SAMPLE_RATE


def _pitch(frames: Float32) -> Float32:
    """Hz of each frame by its normalised autocorrelation (Boersma 1993); 0 where unvoiced."""
    window = np.hanning(_FRAME)
    spectrum = np.abs(np.fft.rfft((frames - frames.mean(axis=1, keepdims=True)) * window, 2 * _FRAME)) ** 2
    shape = np.fft.irfft(np.abs(np.fft.rfft(window, 2 * _FRAME)) ** 2)
    both = np.fft.irfft(spectrum)[:, :_FRAME] / np.maximum(shape[:_FRAME], 1e-3 * shape[0])
    low, high = int(SAMPLE_RATE / _HIGHEST), int(SAMPLE_RATE / _LOWEST)
    strength = both[:, low:high] / np.maximum(both[:, :1], 1e-9)
    # A small cost for long lags keeps the pitch from falling by an octave.
    best = np.argmax(strength - 0.1 * np.log2(np.arange(low, high) / low), axis=1)
    voiced = strength[np.arange(len(frames)), best] >= _VOICED
    return np.where(voiced, SAMPLE_RATE / (best + low), 0.0).astype(np.float32)


def _melody(pitch: Float32) -> tuple[float, float, float, float]:
    voiced = np.log2(pitch[pitch > 0])
    if len(voiced) < 2:
        # There is no melody. 7.3 (158 Hz) is the middle of human voices; the low share of voiced frames marks it as a guess.
        return float(len(voiced)) / max(len(pitch), 1), 7.3, 0.0, 0.0
    slope = float(np.polyfit(np.linspace(-0.5, 0.5, len(voiced)), voiced, 1)[0])
    return len(voiced) / len(pitch), float(voiced.mean()), float(voiced.std()), slope


def _spectral(frames: Float32) -> Float32:
    power = np.asarray(np.abs(np.fft.rfft(frames * np.hanning(_FRAME), 1024)) ** 2 + 1e-10, np.float32)
    frequency = np.fft.rfftfreq(1024, 1 / SAMPLE_RATE)
    centroid = (power * frequency).sum(axis=1) / power.sum(axis=1) / 1000
    high, low = power[:, frequency >= 1000].sum(axis=1), power[:, frequency < 1000].sum(axis=1)
    flatness = np.log(power).mean(axis=1) - np.log(power.mean(axis=1))
    return np.stack([centroid, 10 * np.log10(high / low), flatness], axis=1).astype(np.float32)


def melody_and_level(samples: Float32) -> tuple[Float32, Float32]:
    """Pitch in semitones above 100 Hz, (F,), and level in dB of all voiced frames, (G,); F and G may be 0.

    Autocorrelation jumps by octaves, most in emotional voices. So pitch is taken where it moves by at most two semitones in
    20 ms,
    about as fast as a voice can (Xu and Sun 2002, Journal of the Acoustical Society of America 111), and for at least 100 ms.
    """
    energy = _by_blocks(_energy, samples)
    pitch = _voice(samples, energy)
    semitones = np.where(pitch > 0, 12 * np.log2(np.maximum(pitch, 1.0) / 100), np.nan)
    stretch = np.cumsum(np.concatenate([[True], ~(np.abs(np.diff(semitones)) <= _FASTEST)]))
    steady = (pitch > 0) & (np.bincount(stretch)[stretch] >= _SHORTEST)
    return semitones[steady].astype(np.float32), np.asarray(10 / np.log(10) * energy[pitch > 0], np.float32)
