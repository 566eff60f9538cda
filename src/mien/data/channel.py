"""What recordings go through on their way: a room, a narrow band, a codec, a microphone that clips. In NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.media.decoding.opus import encoded
from mien.types import SAMPLE_RATE, Float32

_LOWEST_TELEPHONE = 300.0  # Hz
_DIRECT_S = 0.002  # of the answer of a room; what comes later is reverberation


def noisy(samples: Float32, snr_db: float, rng: np.random.Generator) -> Float32:
    """The sound with noise like pink noise, at a signal-to-noise ratio in dB."""
    spectrum = np.fft.rfft(rng.standard_normal(len(samples)))
    spectrum /= np.sqrt(np.maximum(np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE), 50.0))
    return mixed(samples, np.asarray(np.fft.irfft(spectrum, len(samples)), np.float32), snr_db)


def mixed(samples: Float32, noise: Float32, snr_db: float) -> Float32:
    """The sound with another over it, at a signal-to-noise ratio in dB. Both are float32 (N,)."""
    power = float(np.mean(samples**2)) / max(float(np.mean(noise**2)), 1e-12)
    return _bounded(samples + noise * np.sqrt(power * 10 ** (-snr_db / 10)))


def reverberant(samples: Float32, seconds: float, rng: np.random.Generator) -> Float32:
    """The sound in a room.

    The answer of the room is white noise that falls by 60 dB in ``seconds`` (Polack's model of late reverberation), 0 to 12 dB
    below the direct sound.

    Args:
        samples: float32 (N,).
        seconds: the reverberation time, RT60.
        rng: draws the room.

    Returns:
        float32 (N,); the tail after the end is cut off.
    """
    length = max(1, round(seconds * SAMPLE_RATE))
    late = rng.standard_normal(length) * 10 ** (-3.0 * np.arange(length) / length)
    late[: round(_DIRECT_S * SAMPLE_RATE)] = 0.0
    late *= np.sqrt(10 ** (-rng.uniform(0.0, 12.0) / 10) / max(float(np.sum(late**2)), 1e-12))
    late[0] = 1.0
    size = len(samples) + length
    heard = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(late, size), size)[: len(samples)]
    return _bounded(heard)


def telephone(samples: Float32, highest: float) -> Float32:
    """The sound from 300 Hz to ``highest`` Hz, in the 256 levels of the mu-law (ITU-T G.711)."""
    spectrum = np.fft.rfft(samples)
    hertz = np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE)
    gain = 1 / np.sqrt(1 + (_LOWEST_TELEPHONE / np.maximum(hertz, 1.0)) ** 8) / np.sqrt(1 + (hertz / highest) ** 16)
    narrow = np.fft.irfft(spectrum * gain, len(samples))
    peak = max(float(np.abs(narrow).max()), 1e-6)
    folded = np.sign(narrow) * np.log1p(255 * np.abs(narrow) / peak) / np.log(256)
    levels = np.round(folded * 127) / 127
    return np.asarray(np.sign(levels) * np.expm1(np.abs(levels) * np.log(256)) / 255 * peak, np.float32)


def clipped(samples: Float32, decibels: float) -> Float32:
    """The sound where everything that is less than ``decibels`` below the peak is cut off."""
    limit = max(float(np.abs(samples).max()), 1e-6) * 10 ** (-decibels / 20)
    return np.asarray(np.clip(samples, -limit, limit), np.float32)


def channel(samples: Float32, rng: np.random.Generator) -> Float32:
    """The sound as somebody may have recorded it: a room, a narrow band, clipping and a codec, each drawn by itself."""
    if rng.random() < 0.5:
        samples = reverberant(samples, rng.uniform(0.15, 0.9), rng)
    if rng.random() < 0.15:
        samples = clipped(samples, rng.uniform(3.0, 12.0))
    if rng.random() < 0.3:
        samples = telephone(samples, rng.uniform(3400.0, 7000.0))
    if rng.random() < 0.5:
        samples = encoded(samples, rng.uniform(8.0, 32.0))
    return samples


def _bounded(samples: NDArray[Any]) -> Float32:
    return np.asarray(samples / max(1.0, float(np.abs(samples).max())), np.float32)
