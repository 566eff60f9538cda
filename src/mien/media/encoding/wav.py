"""Writes sound as WAV. It needs no codec."""

from __future__ import annotations

import io
import wave

import numpy as np

from mien.types import SAMPLE_RATE, Float32


def wav(samples: Float32) -> bytes:
    """A WAV file of 16 bits.

    Args:
        samples: mono, 16 kHz, float32 (N,) in [-1, 1]; what is louder is clipped.
    """
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(SAMPLE_RATE)
        sound.writeframes((np.clip(samples, -1, 1) * 32767).round().astype("<i2").tobytes())
    return file.getvalue()
