"""Makes src/mien/samples/demo.mp4 from clips whose labels are known: ``python -m tools.demo_clip ../shared/data/samples``.

Before each part a card says its label. The last part is a photo of another person, without sound.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont, ImageOps

TARGET = Path(__file__).parents[1] / "src" / "mien" / "samples" / "demo.mp4"
PARTS = (
    ("video/cremad_1001_DFA_NEU.mp4", "neutral"),
    ("video/cremad_1001_DFA_HAP.mp4", "happy"),
    ("image/fer_justin.jpg", "happy"),
)
STILL = 1.6  # seconds that a photo stays
DARK = (24, 26, 32)
CARD = 1.2  # seconds; a face that is away for more than a second ends a moment
RATE, FPS, SIZE = 44_100, 30, (480, 360)
CLOCK = Fraction(1, 90_000)


def sound(path: Path) -> NDArray[np.float32]:
    """All samples of a file, mono at ``RATE``; silence for a photo."""
    if path.suffix == ".jpg":
        return np.zeros(round(STILL * RATE), np.float32)
    resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
    with av.open(str(path)) as file:
        parts = [p.to_ndarray()[0] for f in file.decode(audio=0) for p in resampler.resample(f)]
        return np.concatenate([*parts, *(p.to_ndarray()[0] for p in resampler.resample(None))]).astype(np.float32)


def pictures(path: Path) -> Iterator[tuple[float, Any]]:
    """The time and the frame of each picture of a file, or of a photo that stays."""
    if path.suffix == ".jpg":
        photo = ImageOps.pad(Image.open(path).convert("RGB"), SIZE, color=DARK)
        yield from ((k / FPS, _frame(photo).reformat(format="yuv420p")) for k in range(round(STILL * FPS)))
        return
    with av.open(str(path)) as file:
        for frame in file.decode(video=0):
            yield float(frame.time or 0.0), frame.reformat(*SIZE, format="yuv420p")


def _frame(picture: Image.Image) -> Any:
    return av.VideoFrame.from_ndarray(np.asarray(picture), format="rgb24")


def card(label: str) -> Any:
    """A picture that says what comes."""
    picture = Image.new("RGB", SIZE, DARK)
    canvas = ImageDraw.Draw(picture)
    for text, size, y in (("true label", 20, 125), (label, 44, 155)):
        font = ImageFont.load_default(size)
        canvas.text(((SIZE[0] - font.getlength(text)) / 2, y), text, font=font, fill=(235, 235, 235))
    return _frame(picture).reformat(format="yuv420p")


def make(folder: Path) -> list[tuple[float, str]]:
    """Writes the clip. Returns when each part ends, and its label."""
    ends, samples, frames, at = [], list[NDArray[np.float32]](), list[tuple[float, Any]](), 0.0
    for name, label in PARTS:
        said = sound(folder / name)
        samples += [np.zeros(round(CARD * RATE), np.float32), said]
        frames += [(at + k / FPS, card(label)) for k in range(round(CARD * FPS))]
        length = CARD + len(said) / RATE
        frames += [(at + CARD + time, frame) for time, frame in pictures(folder / name) if CARD + time < length]
        at += length
        ends.append((round(at, 2), label))
    write(np.concatenate(samples), frames)
    return ends


def write(samples: NDArray[np.float32], frames: list[tuple[float, Any]]) -> None:
    """Writes the file: H.264 and AAC."""
    with av.open(str(TARGET), "w") as out:
        video: Any = out.add_stream("libx264", rate=FPS, options={"preset": "slow", "crf": "25"})
        video.width, video.height, video.pix_fmt = *SIZE, "yuv420p"
        video.codec_context.time_base = CLOCK
        audio: Any = out.add_stream("aac", rate=RATE, options={"b": "64k"})
        audio.layout = "mono"
        for time, frame in frames:
            frame.pts, frame.time_base = round(time / CLOCK), CLOCK
            out.mux(video.encode(frame))
        for start in range(0, len(samples), 1024):
            part = av.AudioFrame.from_ndarray(samples[None, start : start + 1024], format="fltp", layout="mono")
            part.rate, part.pts, part.time_base = RATE, start, Fraction(1, RATE)
            out.mux(audio.encode(part))
        out.mux(video.encode(None))
        out.mux(audio.encode(None))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Makes the demo clip.")
    parser.add_argument("folder", type=Path)
    print(make(parser.parse_args().folder))
