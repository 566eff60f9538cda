"""Resamples sound to the rate that mien uses."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.types import SAMPLE_RATE, Float32


def resampled(samples: Float32, rate: int) -> Float32:
    """Float32 (N,) at ``rate`` Hz as float32 (M,) at 16 kHz, by FFmpeg's resampler."""
    import av

    if rate == SAMPLE_RATE or not len(samples):
        return np.ascontiguousarray(samples, np.float32)
    resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
    parts: list[NDArray[Any]] = [np.zeros(0, np.float32)]  # a few samples at a low rate may give none
    # One minute is resampled at a time, so that the memory holds no further copy of the whole sound.
    for at in range(0, len(samples), 60 * rate):
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples[None, at : at + 60 * rate]), "flt", "mono")
        frame.sample_rate = rate
        parts += [part.to_ndarray().reshape(-1) for part in resampler.resample(frame)]
    parts += [part.to_ndarray().reshape(-1) for part in resampler.resample(None)]
    return np.concatenate(parts).astype(np.float32)
