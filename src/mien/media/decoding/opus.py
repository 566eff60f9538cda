"""Sound after a codec, as a call or a chat keeps it."""

from __future__ import annotations

import io

import av
import numpy as np

from mien.types import SAMPLE_RATE, Float32

_KBPS = (6.0, 128.0)
_FRAME = 960  # 60 ms


def encoded(samples: Float32, kbps: float) -> Float32:
    """The sound after Opus (RFC 6716) with ``kbps`` kilobits a second, 6 to 128.

    Returns:
        float32 (N,).
    """
    rate = round(float(np.clip(kbps, *_KBPS)) * 1000)
    file = io.BytesIO()
    with av.open(file, "w", format="ogg") as out:
        stream = out.add_stream("libopus", rate=SAMPLE_RATE, layout="mono")
        stream.bit_rate = rate
        stream.options = {"compression_level": "2"}
        whole = np.pad(np.clip(samples, -1.0, 1.0), (0, -len(samples) % _FRAME))
        frame = av.AudioFrame.from_ndarray((whole * 32767).astype(np.int16)[None], format="s16", layout="mono")
        frame.sample_rate = SAMPLE_RATE
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    file.seek(0)
    resampler = av.AudioResampler("fltp", "mono", SAMPLE_RATE)
    with av.open(file, "r") as again:
        frames = [f for frame in again.decode(audio=0) for f in resampler.resample(frame)]
        frames += resampler.resample(None)
    heard = np.concatenate([np.asarray(f.to_ndarray(), np.float32).reshape(-1) for f in frames])[: len(samples)]
    return np.pad(heard, (0, len(samples) - len(heard)))
