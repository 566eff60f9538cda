"""The voice as early states of the Whisper encoder, with prosody."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from mien.bundles import shared_file
from mien.encoders import _prosody
from mien.encoders._front import sound
from mien.encoders.base import Encoder, encoders
from mien.runtime import threads
from mien.types import SAMPLE_RATE, Float32, Modality, Segment, Track

if TYPE_CHECKING:
    import onnxruntime
    from faster_whisper.feature_extractor import FeatureExtractor
    from torch import nn

STATES = 768
_PER_WINDOW = 25  # encoder states in half a second
_CHUNK = 28 * SAMPLE_RATE


@encoders.register
class WhisperVoice(Encoder):
    """States after layers 2 and 3 of Whisper tiny.en (Radford et al. 2022, arXiv 2212.04356) and prosody, by half second.

    Early layers hold how something is said; the last layers hold what is said. The track holds float32 (T, 1546), one row
    per half second: the mean of each of the 768 state values, their mean squares, the prosody (``_prosody.COLUMNS``), and
    the number of encoder states that the row covers. This number is 25, and in the last row 12 to 37. With means and mean
    squares, the mean and deviation over any rows can be computed exactly.

    Quality: signal-to-noise ratio in dB, and seconds of voiced sound.

    Args:
        dropout: share of the network's inputs and of its vector that is dropped in training.
    """

    modality: Modality = "voice"
    quality_names: tuple[str, ...] = ("snr_db", "seconds")
    conditions: tuple[str, ...] = ("snr_db", "voiced", "centroid", "flatness")

    def __init__(self, dropout: float = 0.5) -> None:
        self.dropout = dropout

    @property
    def settings(self) -> dict[str, object]:
        """The arguments that rebuild this encoder."""
        return {"dropout": self.dropout}

    @property
    def identity(self) -> dict[str, object]:
        """What the rows depend on; the network is not part of it."""
        return {"version": self.version, "settings": {}}

    def prepare(self, segment: Segment) -> Track | None:
        """Rows of half seconds; ``None`` without sound, below a quarter of a second, or in digital silence."""
        audio = segment.audio
        heard = sound.heard(audio)
        if audio is None or heard is None:
            return None
        samples = _prosody.levelled(heard)
        moments, sizes = zip(*self._windows(samples), strict=True)
        edges = np.cumsum([0, *sizes])
        prosody, seconds = _prosody.describe(samples, [round(e * 0.02 * SAMPLE_RATE) for e in edges])
        rows = [np.concatenate([m, prosody[i], [sizes[i]]]) for i, m in enumerate(moments)]
        times = audio.start + 0.01 * (np.asarray(edges[:-1]) + np.asarray(edges[1:]))
        quality = np.asarray([_prosody.snr_db(samples), seconds], np.float32)
        return Track(times, np.stack(rows).astype(np.float32), quality)

    def measures(self, track: Track) -> dict[str, float]:
        """Its quality, and the mean of each column of the prosody over the sound."""
        count = len(_prosody.COLUMNS)
        rows, frames = track.values[:, -1 - count : -1], track.values[:, -1]
        means = (rows * frames[:, None]).sum(axis=0) / frames.sum()
        return {**super().measures(track), **dict(zip(_prosody.COLUMNS, map(float, means), strict=True))}

    def network(self) -> nn.Module:
        """One hidden layer on the standardised mean and deviation over the utterance."""
        from mien.networks.pooled import PooledStatistics

        return PooledStatistics(STATES, len(_prosody.COLUMNS), self.dropout)

    def _windows(self, samples: Float32) -> Iterator[tuple[Float32, int]]:
        """Mean and mean square of the states of each half second, and their number. The last window may be longer or shorter.

        The sound is read in chunks, and no more than a chunk of states is held.
        """
        states = np.zeros((0, STATES), np.float32)
        for start in range(0, len(samples), _CHUNK):
            states = np.concatenate([states, self._states(samples[start : start + _CHUNK])])
            whole = max(0, len(states) // _PER_WINDOW - 1)  # what follows decides how long the last window is
            yield from map(_moments, np.split(states[: whole * _PER_WINDOW], whole) if whole else ())
            states = states[whole * _PER_WINDOW :]
        count = max(1, round(len(states) / _PER_WINDOW))
        yield from map(_moments, np.split(states, range(_PER_WINDOW, count * _PER_WINDOW, _PER_WINDOW)))

    def _states(self, samples: Float32) -> Float32:
        if len(samples) < sound.LEAST:
            return np.zeros((0, STATES), np.float32)
        mel = self._mel(samples, padding=0)[None].astype(np.float32)
        mel = mel[:, :, : mel.shape[2] // 2 * 2]
        (states,) = self._front.run(None, {"mel": mel})
        return np.asarray(states[0], np.float32)

    @cached_property
    def _mel(self) -> FeatureExtractor:
        from faster_whisper.feature_extractor import FeatureExtractor

        return FeatureExtractor()

    @cached_property
    def _front(self) -> onnxruntime.InferenceSession:
        return threads.open_graph(shared_file("whisper_tiny_en_front.onnx"))


def _moments(states: Float32) -> tuple[Float32, int]:
    return np.concatenate([states.mean(axis=0), (states**2).mean(axis=0)]), len(states)
