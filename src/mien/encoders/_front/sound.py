"""A voice as rows of samples or of a log-mel spectrogram."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mien.encoders import _prosody
from mien.types import SAMPLE_RATE, Audio, Float32

if TYPE_CHECKING:
    from faster_whisper.feature_extractor import FeatureExtractor

QUALITY = ("snr_db", "seconds")
"""What ``quality`` measures: signal-to-noise ratio in dB, and seconds of voiced sound in what is read."""

MEL_HOP = SAMPLE_RATE // 100
"""Samples between two frames of a log-mel spectrogram: 10 ms."""

LEAST = SAMPLE_RATE // 4
"""Samples in a quarter of a second: of less nothing is said."""


def heard(audio: Audio | None, seconds: float = math.inf) -> Float32 | None:
    """The first ``seconds`` of a sound; ``None`` without sound, below a quarter of a second, or in digital silence."""
    if audio is None or len(audio.samples) < LEAST or float(np.abs(audio.samples).max()) < 1e-4:
        return None
    return audio.samples[: int(min(seconds * SAMPLE_RATE, len(audio.samples)))]


def standardised(samples: Float32) -> Float32:
    """Mean 0 and deviation 1 over the sound, as the feature extractor of wav2vec 2.0 does it."""
    centred = samples - samples.mean()
    return np.asarray(centred / np.sqrt(centred.var() + 1e-7), np.float32)


def rows_of_samples(samples: Float32, hop: int) -> Float32:
    """(T, hop): stretches of ``hop`` samples, the last one filled up with zeros when it is at least half full."""
    count = max(1, round(len(samples) / hop))
    filled = np.zeros(count * hop, np.float32)
    filled[: len(samples)] = samples[: count * hop]
    return filled.reshape(count, hop)


def rows_of_mel(samples: Float32, mels: int, frames: int) -> Float32:
    """(T, frames * mels): ``frames`` frames of 10 ms of Whisper's log-mel spectrogram in a row, in order of time."""
    whole = rows_of_samples(samples, frames * MEL_HOP).reshape(-1)
    mel = _extractor(mels)(whole, padding=0)[:, : len(whole) // MEL_HOP]
    return np.ascontiguousarray(mel.T.reshape(-1, frames * mels), np.float32)


def times_of(audio: Audio, count: int, hop: int) -> NDArray[np.float64]:
    """The middles of ``count`` rows of ``hop`` samples."""
    return np.asarray(audio.start + (np.arange(count) + 0.5) * (hop / SAMPLE_RATE), np.float64)


def quality_of(samples: Float32) -> Float32:
    """See ``QUALITY``; float32 (2,)."""
    return np.asarray([_prosody.snr_db(samples), _prosody.voiced_seconds(samples)], np.float32)


@cache
def _extractor(mels: int) -> FeatureExtractor:
    from faster_whisper.feature_extractor import FeatureExtractor

    return FeatureExtractor(feature_size=mels)
