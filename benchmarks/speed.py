"""Measures the speed of an analysis. One command gives all ratios in one run.

    python benchmarks/speed.py

It makes a clip of 60 s at 1280 x 720 with speech and a face (the demo clip, scaled and repeated) and analyzes it with all
three modalities. It prints the time as a share of the clip's duration, the share of each stage, the time of ``import mien``,
and the time of a first sentence in a new process. Then it recognises the words alone, with each speech model in turn.
``--speech FILE`` gives the clip other words.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from mien.media.decoding.sound import read_audio
from mien.media.speech.activity import speech_spans
from mien.media.speech.whisper import Whisper
from mien.runtime import threads
from mien.samples import demo_clip
from mien.types import SAMPLE_RATE


def make_clip(path: Path, seconds: float, speech: Path, width: int = 1280, height: int = 720) -> None:
    """The demo clip's pictures over and over, scaled, with the sound of another file over and over; H.264 and AAC."""
    with av.open(str(demo_clip())) as source:
        pictures = [f.reformat(width, height, "yuv420p") for f in source.decode(video=0)]
        rate = int(source.streams.video[0].average_rate or 30)
    said = read_audio(speech).samples
    sound = np.resize(said, round(seconds * SAMPLE_RATE))
    with av.open(str(path), "w") as target:
        video: Any = target.add_stream("libx264", rate=rate, options={"preset": "veryfast", "crf": "23"})
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        audio: Any = target.add_stream("aac", rate=SAMPLE_RATE, layout="mono")
        done = 0
        for index in range(round(seconds * rate)):
            frame = pictures[index % len(pictures)]
            frame.pts, frame.time_base = index, Fraction(1, rate)
            target.mux(video.encode(frame))
            while done < min(len(sound), (index + 1) * SAMPLE_RATE / rate):
                piece = av.AudioFrame.from_ndarray(sound[None, done : done + 1024], format="fltp", layout="mono")
                piece.sample_rate, piece.pts, piece.time_base = SAMPLE_RATE, done, Fraction(1, SAMPLE_RATE)
                done += piece.samples
                target.mux(audio.encode(piece))
        target.mux(video.encode(None))
        target.mux(audio.encode(None))


def cold(code: list[str]) -> float:
    """Seconds of a new Python process."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *code], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def spent_by_children() -> float:
    """Seconds of processor time of all processes that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument(
        "--speech", type=Path, default=demo_clip(), help="a file that is spoken in, instead of the demo"
    )
    args = parser.parse_args()
    empty = cold(["-c", "pass"])
    print(f"threads: {threads.count()}")
    print(f"import mien: {cold(['-c', 'import mien']) - empty:.2f} s")
    print(f"first sentence, cold: {cold(['-m', 'mien', 'analyze', '--text', 'I am so glad.']):.2f} s")
    with tempfile.TemporaryDirectory() as scratch:
        clip = Path(scratch) / "clip.mp4"
        make_clip(clip, args.seconds, args.speech)
        before = spent_by_children()
        whole = cold(["-m", "mien", "analyze", str(clip)])
        print(
            f"{args.seconds:g} s clip, 720p, from a cold start: {whole:.1f} s, {whole / args.seconds:.2f} of its duration"
        )
        print(f"  processor time, all cores together: {spent_by_children() - before:.1f} s")
        stages(clip)
        words(clip)


def stages(clip: Path) -> None:
    """Seconds of each stage. Decoding, faces and words run side by side, so the sum is more than the whole."""
    from mien import Analyzer
    from mien.bundle.bundle import Bundle
    from mien.media import centerface, pages, sources, watching

    spent: dict[str, float] = defaultdict(float)
    for name, owner, attribute in (
        ("decode", sources, "stream"),
        ("faces", centerface.CenterFace, "detect"),
        ("crops", watching, "crop"),
        ("voice activity", pages, "speech_spans"),
        ("words", Whisper, "words"),
        ("graphs of the encoders", Bundle, "encoded"),
        ("fusion and trust", Bundle, "answer_to"),
    ):
        setattr(owner, attribute, timed(getattr(owner, attribute), name, spent))
    analyzer = Analyzer()
    start = time.perf_counter()
    analyzer.analyze(clip)
    total = time.perf_counter() - start
    for name, seconds in spent.items():
        print(f"  {name}: {seconds:.1f} s, {seconds / total:.0%} of {total:.1f} s")


def words(clip: Path, rounds: int = 3) -> None:
    """Seconds that each speech model needs for the words alone, once it is loaded. The models take turns."""
    audio = read_audio(clip).samples
    spans, seconds = speech_spans(audio, 10.0), len(audio) / SAMPLE_RATE
    models = {name: Whisper(name) for name in ("base", "tiny.en")}
    taken: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for whisper in models.values():
        list(whisper.words(audio, spans[:1]))
    for _ in range(rounds):
        for name, whisper in models.items():
            wall, processor = time.perf_counter(), time.process_time()
            list(whisper.words(audio, spans))
            taken[name].append((time.perf_counter() - wall, time.process_time() - processor))
    best = {name: tuple(map(min, zip(*found, strict=True))) for name, found in taken.items()}
    for name, (wall, processor) in best.items():
        print(f"words with {name}: {wall / seconds:.3f} of the duration, processor time {processor / seconds:.3f}")
    wall, processor = (a / b for a, b in zip(best["base"], best["tiny.en"], strict=True))
    print(f"base by tiny.en: {wall:.2f}, processor time {processor:.2f}")


def timed(function: Callable[..., Any], name: str, spent: dict[str, float]) -> Callable[..., Any]:
    """The function, which adds to what has been spent; of an iterator, what each step takes."""

    def steps(items: Iterator[Any]) -> Iterator[Any]:
        while True:
            start = time.perf_counter()
            item = next(items, None)
            spent[name] += time.perf_counter() - start
            if item is None:
                return
            yield item

    def call(*args: Any, **kwargs: Any) -> Any:
        start = time.perf_counter()
        result = function(*args, **kwargs)
        spent[name] += time.perf_counter() - start
        return steps(result) if isinstance(result, Iterator) else result

    return call


if __name__ == "__main__":
    main()
