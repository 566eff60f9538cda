"""The voice for convolutions that are trained from the start: as log-mel, as waveform, or as a few values of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mien.encoders._front import sound
from mien.encoders.base import Encoder, encoders
from mien.errors import InputError
from mien.recipe import strict
from mien.types import SAMPLE_RATE, Float32, Modality, Segment, Track

if TYPE_CHECKING:
    from torch import nn

_READS = ("mel", "waveform", "values")
_FRAMES = 4  # log-mel frames that one row holds
_HOP = _FRAMES * sound.MEL_HOP  # 40 ms
_WAVE_STRIDES = (5, 4, 4, 4, 2)
_MEL_STRIDES = (2, 2)


@encoders.register
class VoiceCNN(Encoder):
    """Sound for a convolutional network.

    The track holds float32 (T, 320) for "mel", (T, 640) for "waveform" and (1, values) for "values". The samples, or the
    values, are brought to mean 0 and deviation 1 over the utterance. Quality: see ``_front/sound.py``.

    Args:
        reads: "mel" (rows of 40 ms, four frames of 80 mels each), "waveform" (rows of 40 ms, 640 samples each), or "values"
            (one row for the utterance, each value the mean of an equal stretch).
        dim: size of the states. There is one state per 40 ms, or one for the utterance with "values".
        seconds: longest input; the end of a longer one is cut off.
        values: number of values; a multiple of 4.

    Raises:
        InputError: ``reads`` has another value.
    """

    modality: Modality = "voice"
    quality_names: tuple[str, ...] = sound.QUALITY
    version: int = 2

    def __init__(self, reads: str = "mel", dim: int = 128, seconds: float = 15.0, values: int = 800) -> None:
        if reads not in _READS:
            raise InputError(f"voice_cnn reads one of {', '.join(_READS)}, not '{reads}'")
        self.reads, self.dim = reads, dim
        self.seconds = strict.within("seconds", seconds, 0.25, 3600.0)
        self.values = strict.within("values", values, 4, 1_000_000)

    @property
    def settings(self) -> dict[str, object]:
        """The arguments that rebuild this encoder."""
        return {"reads": self.reads, "dim": self.dim, "seconds": self.seconds, "values": self.values}

    def prepare(self, segment: Segment) -> Track | None:
        """Rows of sound; ``None`` without sound, below a quarter of a second, or in digital silence."""
        audio = segment.audio
        samples = sound.heard(audio, self.seconds)
        if audio is None or samples is None:
            return None
        if self.reads == "values":
            rows = sound.standardised(_means(samples, self.values))[None]
            times = np.asarray([audio.start + len(samples) / SAMPLE_RATE / 2])
        else:
            level = sound.standardised(samples)
            mel = self.reads == "mel"
            rows = sound.rows_of_mel(level, 80, _FRAMES) if mel else sound.rows_of_samples(level, _HOP)
            times = sound.times_of(audio, len(rows), _HOP)
        return Track(times, rows, sound.quality_of(samples))

    def network(self) -> nn.Module:
        """Untrained convolutions."""
        from mien.networks.plain import PlainSound, Strided

        if self.reads == "values":
            return PlainSound(self.values, self.dim)
        if self.reads == "mel":
            return Strided(80, self.dim, _MEL_STRIDES)
        return Strided(1, self.dim, _WAVE_STRIDES)


def _means(samples: Float32, count: int) -> Float32:
    """Means of ``count`` equal stretches; a sample at an edge counts in part for both stretches."""
    sums = np.concatenate([[0.0], np.cumsum(samples, dtype=np.float64)])
    edges = np.linspace(0, len(samples), count + 1)
    at = np.interp(edges, np.arange(len(sums)), sums)
    return np.asarray(np.diff(at) / np.diff(edges), np.float32)
