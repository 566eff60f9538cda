"""Clips whose events are known, made on the spot."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mien.events import Notice
from mien.media.decoding.open import stream
from mien.media.decoding.sound import join
from mien.types import Audio, Picture

RATE = 16_000


def write_clip(
    path: Path,
    pictures: list[NDArray[np.uint8]],
    sound: NDArray[np.float32] | None,
    fps: int = 25,
    rate: int = RATE,
    times: list[float] | None = None,
    codec: str = "mpeg4",
    delay: float = 0.0,
) -> Path:
    """A video of RGB pictures (H, W, 3), with sound (N,) or without, which begins after ``delay`` seconds.

    ``times`` in seconds make the frame rate vary.
    """
    with av.open(str(path), "w") as container:
        video: Any = container.add_stream(codec, rate=fps)
        video.height, video.width = pictures[0].shape[:2]
        video.pix_fmt = "yuv420p"
        video.bit_rate = 4_000_000
        video.codec_context.time_base = Fraction(1, 1000)
        audio: Any = container.add_stream("aac", rate=rate, layout="mono") if sound is not None else None
        for index, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = round(1000 * (times[index] if times else index / fps))
            frame.time_base = Fraction(1, 1000)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if audio is not None and sound is not None:
            for start in range(0, len(sound), 1024):
                part = av.AudioFrame.from_ndarray(sound[None, start : start + 1024], format="fltp", layout="mono")
                part.sample_rate, part.pts, part.time_base = rate, round(delay * rate) + start, Fraction(1, rate)
                container.mux(audio.encode(part))
            container.mux(audio.encode(None))
    return path


def turn(path: Path, degrees: int) -> Path:
    """Make an MP4 say that its pictures are shown turned clockwise, as a phone held upright does."""
    said = {
        90: (0, 1, -1, 0),
        180: (-1, 0, 0, -1),
        270: (0, -1, 1, 0),
    }[degrees]
    whole = path.read_bytes()
    at = whole.index(b"tkhd") + 44  # the display matrix in the header of the first track, version 0
    assert struct.unpack(">9i", whole[at : at + 36]) == (1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    a, b, c, d = (v << 16 for v in said)
    path.write_bytes(whole[:at] + struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30) + whole[at + 36 :])
    return path


def write_sound(path: Path, sound: NDArray[np.float32], rate: int = RATE, codec: str = "pcm_s16le") -> Path:
    """A sound file, in PCM or in another codec."""
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=rate, layout="mono")
        samples = (np.clip(sound, -1, 1) * 32767).astype(np.int16)
        part = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
        part.sample_rate = rate
        fitting = av.AudioResampler(stream.codec_context.format, "mono", rate, stream.codec_context.frame_size or None)
        for piece in (*fitting.resample(part), *fitting.resample(None)):
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return path


def beep(seconds: float, at: float, length: float = 0.2, rate: int = RATE) -> NDArray[np.float32]:
    """Silence with a 1 kHz beep."""
    time = np.arange(round(seconds * rate)) / rate
    inside = (time >= at) & (time < at + length)
    return (0.5 * np.sin(2 * np.pi * 1000 * time) * inside).astype(np.float32)


def joined(path: Path, clips: list[Path], size: tuple[int, int] = (320, 240), fps: int = 15) -> Path:
    """A video of several clips, one after the other without a pause."""
    pictures: list[NDArray[np.uint8]] = []
    sound: list[NDArray[np.float32]] = []
    for clip in clips:
        pieces = [p for p in stream(clip, float(fps)) if not isinstance(p, Notice)]
        shown = [p for p in pieces if isinstance(p, Picture)]
        heard = join([p for p in pieces if isinstance(p, Audio)]) if any(isinstance(p, Audio) for p in pieces) else None
        count = int(shown[-1].time * fps)
        times = np.asarray([p.time for p in shown])
        for k in range(count):
            pixels = shown[int(np.searchsorted(times, k / fps + 1e-6, "right")) - 1].pixels
            pictures.append(np.asarray(Image.fromarray(pixels).resize(size)))
        own = np.zeros(round(count / fps * RATE), np.float32)
        if heard is not None:
            first = round(heard.start * RATE)
            samples = heard.samples[: max(0, len(own) - first)]
            own[first : first + len(samples)] = samples
        sound.append(own)
    return write_clip(path, pictures, np.concatenate(sound), fps=fps)
