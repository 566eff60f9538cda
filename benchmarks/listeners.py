"""Measures whether mien knows that a voice belongs to the face in view, on clips made of the real ones in ``samples``.

    python benchmarks/listeners.py [--data FOLDER]

It prints, for each kind of clip, the share of utterances that are decided rightly (with the face, or without it) and their
number. The faces that speak are those of CREMA-D, with their own sound, and a woman whose sound is lost; those that do not
speak are people who cry, laugh, smile or look at a telephone, and the speaker of CREMA-D after his sentence. The other voices
come from EmoDB, RAVDESS and nEMO. Two kinds are told apart from the rest: a face that speaks under another's voice, and under
its own, shifted; only the movement of the lips against the sound could tell, and mien does not look at that.
"""

from __future__ import annotations

import argparse
import csv
from collections import defaultdict
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path

import av
import numpy as np

from mien.media.cut import CutSettings, cut
from mien.media.decoding.sound import read_audio
from mien.media.sources import opened
from mien.types import SAMPLE_RATE, Audio, Clip, Float32, Picture, Segment

SPEAKS = {"HAP": 1.5, "NEU": 1.65, "SAD": 1.6}  # clips of CREMA-D, and the second after which the mouth keeps still
LISTENS = ("pyfeat_pexels_langer", "pyfeat_single_face", "fer_test")
FPS = 30

Pixels = list[np.ndarray]
Case = tuple[str, Pixels, Float32, list[bool]]
"""Its kind, pictures at 30 a second, sound, and for each second whether the person in view speaks."""


def pictures(path: Path) -> Pixels:
    """The pictures of a video at 30 a second."""
    with av.open(str(path)) as file:
        frames = [(float(f.time or 0.0), f.to_ndarray(format="rgb24")) for f in file.decode(video=0)]
    times = np.asarray([t for t, _ in frames]) - frames[0][0]
    ticks = np.arange(0.0, times[-1], 1 / FPS)
    return [frames[i][1] for i in np.searchsorted(times, ticks - 1e-6)]


def long_enough(shown: Pixels, seconds: float) -> Pixels:
    """The pictures forwards and backwards, over and over."""
    ring = [*shown, *shown[::-1]]
    return [ring[i % len(ring)] for i in range(round(FPS * seconds))]


def voice(data: Path, seconds: float, seed: int, gender: str | None = None) -> Float32:
    """So many seconds of one speaker with pauses, another one for each seed."""
    name = ("emodb4_full", "ravdess_speech", "nemo_pl")[seed % 3]
    said: dict[str, list[Path]] = defaultdict(list)
    with (data / name / "manifest.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if gender in (None, row["gender"]):
                said[row["speaker"]].append(data / name / row["path"])
    rng = np.random.default_rng(seed)
    mine = said[str(rng.choice(sorted(said)))]
    parts = [np.zeros(SAMPLE_RATE // 4, np.float32)]
    for i in rng.permutation(len(mine)):
        parts += [read_audio(mine[i]).samples, np.zeros(round(rng.uniform(0.5, 1.0) * SAMPLE_RATE), np.float32)]
        if sum(map(len, parts)) > seconds * SAMPLE_RATE:
            break
    return np.concatenate(parts)[: round(seconds * SAMPLE_RATE)]


def cases(data: Path) -> Iterator[Case]:
    """All clips."""
    folder = data / "samples" / "video"
    files = {name: folder / f"cremad_1001_DFA_{name}.flv" for name in SPEAKS}
    shown = {name: pictures(path) for name, path in files.items()}
    own = {name: _of_length(read_audio(path).samples, len(shown[name])) for name, path in files.items()}
    for name, pixels in shown.items():
        for skipped in range(6):
            sound = own[name][skipped * SAMPLE_RATE // FPS :]
            yield "own sound", pixels[skipped:], sound, [True]
            yield "own sound", [p[:, ::-1].copy() for p in pixels[skipped:]], sound, [True]
    for order in permutations(SPEAKS):
        yield "own sound", [p for n in order for p in shown[n]], np.concatenate([own[n] for n in order]), [True]
    talks = pictures(folder / "fer_woman2.mp4")
    for seed in range(8):
        yield "lost sound, some voice", talks, voice(data, len(talks) / FPS, seed, "female"), [True]
    still = {f"1001 {n} after speech": shown[n][round(FPS * t) :] for n, t in SPEAKS.items()}
    listeners = {name: pictures(folder / f"{name}.mp4") for name in LISTENS} | still
    for name, pixels in listeners.items():
        seconds = max(8.0, len(pixels) / FPS)
        for seed in range(10):
            yield f"listener {name}", long_enough(pixels, seconds), voice(data, seconds, seed), [False]
    for seed in range(12):
        yield _interview(shown, own, voice(data, 20.0, seed, "female"))
    for name, pixels in shown.items():
        for seed in range(10):
            yield "hard: another's voice", pixels, voice(data, len(pixels) / FPS, seed), [False]
        for shift in (0.7, 0.9, 1.1):
            yield "hard: own sound shifted", pixels, np.roll(own[name], round(shift * SAMPLE_RATE)), [False]


def _interview(shown: dict[str, Pixels], own: dict[str, Float32], questions: Float32) -> Case:
    """Six times: a voice from off screen asks for three seconds while the man listens; then he speaks."""
    pixels, sound, speaks = Pixels(), list[Float32](), list[bool]()
    for i, name in enumerate([*SPEAKS, *SPEAKS]):
        question = questions[i * 3 * SAMPLE_RATE : (i + 1) * 3 * SAMPLE_RATE]
        pixels += long_enough(shown[name][round(FPS * SPEAKS[name]) :], 3.0)
        # An answer is padded to three seconds with the face after it, so that turns begin at whole seconds.
        pixels += [*shown[name], *long_enough(shown[name][:-8:-1], 3.0)][: 3 * FPS]
        sound += [_of_length(question, 3 * FPS), _of_length(own[name], 3 * FPS)]
        speaks += [False] * 3 + [True] * 3
    return "interview", pixels, np.concatenate(sound), speaks


def _of_length(sound: Float32, count: int) -> Float32:
    """The sound of so many pictures, cut or filled with silence."""
    found = np.zeros(count * SAMPLE_RATE // FPS, np.float32)
    found[: len(sound)] = sound[: len(found)]
    return found


def decided(pixels: Pixels, sound: Float32) -> list[Segment]:
    """The utterances that mien finds."""

    def pieces() -> Iterator[Audio | Picture]:
        step = SAMPLE_RATE // FPS
        for i in range(max(len(pixels), len(sound) // step)):
            yield Audio(sound[i * step : (i + 1) * step], i * step / SAMPLE_RATE)
            if i < len(pixels):
                yield Picture(pixels[i], i / FPS)

    with opened(pieces(), None, None) as given:
        found = list(cut(given.feed, Clip("clip"), CutSettings(), None)) if given.feed is not None else []
    return [s for s in found if isinstance(s, Segment) and s.audio is not None]


def main() -> None:
    """Prints one line for each kind of clip."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=Path, default=Path("../shared/data"))
    right: dict[str, list[bool]] = defaultdict(list)
    for kind, pixels, sound, speaks in cases(arguments.parse_args().data):
        for utterance in decided(pixels, sound):
            true = speaks[min(int(utterance.span.middle), len(speaks) - 1)]
            name = f"{kind}, {'answers' if true else 'questions'}" if kind == "interview" else kind
            right[name].append((utterance.frames is not None) == true)
    for kind, found in right.items():
        print(f"{kind}: {np.mean(found):.3f} of {len(found)}")


if __name__ == "__main__":
    main()
