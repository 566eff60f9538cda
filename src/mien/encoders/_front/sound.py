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
"""The two values of ``quality``: signal-to-noise ratio in dB, and seconds of voiced sound in the part that is used."""

MEL_HOP = SAMPLE_RATE // 100
"""Samples between two frames of a log-mel spectrogram: 10 ms."""

LEAST = SAMPLE_RATE // 4
"""Samples in a quarter of a second: a shorter sound counts as absent."""


def heard(audio: Audio | None, seconds: float = math.inf) -> Float32 | None:
    """The first ``seconds`` of a sound, float32 (N,); ``None`` without sound, below a quarter of a second, or in silence.

    Silence means that no sample is louder than 0.0001.
    """
    if audio is None or len(audio.samples) < LEAST or float(np.abs(audio.samples).max()) < 1e-4:
        return None
    return audio.samples[: int(min(seconds * SAMPLE_RATE, len(audio.samples)))]


def standardised(samples: Float32) -> Float32:
    """The sound with mean 0 and deviation 1, (N,), computed as in the feature extractor of wav2vec 2.0."""
    centred = samples - samples.mean()
    return np.asarray(centred / np.sqrt(centred.var() + 1e-7), np.float32)


def rows_of_samples(samples: Float32, hop: int) -> Float32:
    """Stretches of ``hop`` samples, (T, hop).

    A last stretch that is at least half full is filled up with zeros; a shorter one is left out. There is always one row.
    """
    count = max(1, round(len(samples) / hop))
    filled = np.zeros(count * hop, np.float32)
    filled[: len(samples)] = samples[: count * hop]
    return filled.reshape(count, hop)


def rows_of_mel(samples: Float32, mels: int, frames: int) -> Float32:
    """Whisper's log-mel spectrogram, (T, frames * mels): a row holds ``frames`` frames of 10 ms, in order of time."""
    whole = rows_of_samples(samples, frames * MEL_HOP).reshape(-1)
    mel = _extractor(mels)(whole, padding=0)[:, : len(whole) // MEL_HOP]
    return np.ascontiguousarray(mel.T.reshape(-1, frames * mels), np.float32)


def times_of(audio: Audio, count: int, hop: int) -> NDArray[np.float64]:
    """The middles of ``count`` rows of ``hop`` samples, float64 (count,) seconds."""
    return np.asarray(audio.start + (np.arange(count) + 0.5) * (hop / SAMPLE_RATE), np.float64)


def quality_of(samples: Float32) -> Float32:
    """Quality of the sound, float32 (2,); see ``QUALITY``."""
    return np.asarray([_prosody.snr_db(samples), _prosody.voiced_seconds(samples)], np.float32)


@cache
def _extractor(mels: int) -> FeatureExtractor:
    from faster_whisper.feature_extractor import FeatureExtractor

    return FeatureExtractor(feature_size=mels)
