"""Describes the voice in a sound by 256 numbers, which are alike for two sounds of one person."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mien.bundles import shared_file
from mien.runtime import threads
from mien.types import SAMPLE_RATE, Float32

if TYPE_CHECKING:
    import onnxruntime

GRAPH = "speakers_ge2e.onnx"
"""The shared file with the encoder, made by ``tools/export_speakers.py``."""

MELS = 40
"""Mel bands of the encoder."""

WINDOW = 1.6
"""Seconds of sound that one embedding describes."""

_SAMPLES = SAMPLE_RATE // 40  # in the 25 ms of a frame
_HOP = SAMPLE_RATE // 100  # samples; 10 ms
_FRAMES = round(WINDOW * 100)
_LOUDNESS = 10 ** (-30 / 20)  # root mean square; softer sounds are raised to it, as in the training of the encoder


def embed(samples: Float32, starts: NDArray[np.int64]) -> Float32:
    """The voice in windows of 1.6 s of a sound, float32 (W, 256), each of length 1.

    GE2E, an LSTM trained to tell speakers apart (Wan et al. 2018, arXiv 1710.10467), with the weights of Resemblyzer 0.1.4.
    The sound is first made louder when it is soft. Beyond its end a window holds silence.

    Args:
        samples: float32 (N,), mono, 16 kHz.
        starts: int64 (W,), the first frame of each window; a frame begins every 10 ms.
    """
    mel = mel_energies(_levelled(samples), int(np.max(starts)) + _FRAMES)
    windows = np.stack([mel[start : start + _FRAMES] for start in starts], axis=1)
    (found,) = _graph().run(None, {"mel": windows})
    return np.asarray(found, np.float32)


def mel_energies(samples: Float32, frames: int) -> Float32:
    """Energy in 40 mel bands, float32 (frames, 40), a row every 10 ms, as ``librosa.feature.melspectrogram`` computes it.

    The window has 25 ms and its middle lies on the moment of the row. Before and after the sound there is silence.
    """
    half = _SAMPLES // 2
    padded = np.zeros((frames - 1) * _HOP + _SAMPLES, np.float32)
    inside = samples[: len(padded) - half]
    padded[half : half + len(inside)] = inside
    rows = np.lib.stride_tricks.sliding_window_view(padded, _SAMPLES)[::_HOP]
    power = np.abs(np.fft.rfft(rows * _hann())) ** 2
    return np.asarray(power @ _filters(), np.float32)


def _levelled(samples: Float32) -> Float32:
    level = float(np.sqrt(np.mean(samples**2))) if len(samples) else 0.0
    return samples * np.float32(_LOUDNESS / level) if 0 < level < _LOUDNESS else samples


@cache
def _hann() -> Float32:
    return np.asarray(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_SAMPLES) / _SAMPLES), np.float32)


@cache
def _filters() -> Float32:
    """Triangles over the mel scale of Slaney, each with an area of 1; float32 (201, 40)."""
    edges = _hertz(np.linspace(0.0, _mel(SAMPLE_RATE / 2), MELS + 2))
    bins = np.linspace(0.0, SAMPLE_RATE / 2, _SAMPLES // 2 + 1)[:, None]
    rise = (bins - edges[:-2]) / np.diff(edges)[:-1]
    fall = (edges[2:] - bins) / np.diff(edges)[1:]
    return np.asarray(np.maximum(0.0, np.minimum(rise, fall)) * 2.0 / (edges[2:] - edges[:-2]), np.float32)


def _mel(hertz: float) -> float:
    """The scale of Slaney's Auditory Toolbox above 1 kHz, where it is logarithmic."""
    return 15.0 + 27.0 * float(np.log(hertz / 1000.0) / np.log(6.4))


def _hertz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    """The inverse of that scale, which is linear below 1 kHz (15 mels)."""
    return np.where(mels < 15.0, mels * 200.0 / 3.0, 1000.0 * np.exp((mels - 15.0) * np.log(6.4) / 27.0))


@cache
def _graph() -> onnxruntime.InferenceSession:
    return threads.open_graph(shared_file(GRAPH))
