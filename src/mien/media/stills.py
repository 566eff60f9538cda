"""Finds the faces of a still picture. A photo of a group may show many small ones, and time is no matter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.events import Notice
from mien.media.centerface import CenterFace
from mien.media.cropping import Pixels
from mien.media.decoding.picture import read_image
from mien.media.faces import Detector, Face, Sighting
from mien.media.landmarks import Landmarks
from mien.media.turns import all_frames
from mien.media.watching import cropped
from mien.types import Float32, Segment, Span

_TILE = 1000  # pixels; a detector finds faces from a 25th of it on
_STEP = 750  # pixels between tiles, so every face of up to 250 pixels lies whole in one of them
_EDGE = 4  # pixels; a face that is nearer to the edge of a tile may be cut off
_LEAST = 32  # pixels; of a smaller face nothing can be read
_SAME = 0.4  # boxes that share more of the smaller one belong to one face


def cut_still(picture: Path | NDArray[np.uint8] | None) -> Iterator[Segment | Notice]:
    """One segment without duration for each face in a picture, from left to right.

    Args:
        picture: a file, or uint8 RGB (H, W, 3).

    Raises:
        MediaError: the picture cannot be read.
    """
    pixels = picture if isinstance(picture, np.ndarray) else read_image(picture or Path())
    faces, crops = faces_in(pixels, CenterFace(), Landmarks())
    if not faces:
        yield Notice("no_face_in_picture")
    for number, (face, upright) in enumerate(zip(faces, crops, strict=True), start=1):
        who = f"person-{number}"
        yield Segment(Span(0.0, 0.0), who, frames=all_frames([Sighting.of(who, 0.0, upright, face)]))


def faces_in(pixels: Pixels, detector: Detector, landmarks: Landmarks) -> tuple[list[Face], list[Pixels]]:
    """The faces of a picture from left to right, and the crop of each.

    The whole picture is searched, and then, when it is large, one tile after the other at full size. Many tiles mean many
    chances of a mistake, so a face that only a tile shows counts when its points are found too.

    Args:
        pixels: uint8 RGB (H, W, 3).
        detector: finds the faces.
        landmarks: finds their points.
    """
    found = list(zip(*cropped(landmarks, pixels, detector.detect(pixels)), strict=True))
    boxes = [face.box for face, _ in found]
    more = []
    for face in sorted(_in_tiles(pixels, detector), key=lambda f: -f.score):
        if min(face.box[2:] - face.box[:2]) >= _LEAST and not any(_shared(face.box, box) > _SAME for box in boxes):
            boxes.append(face.box)
            more.append(face)
    found += [(f, c) for f, c in zip(*cropped(landmarks, pixels, more), strict=True) if f.points is not None]
    found.sort(key=lambda one: float(one[0].box[0]))
    return [f for f, _ in found], [c for _, c in found]


def _in_tiles(pixels: Pixels, detector: Detector) -> Iterator[Face]:
    height, width = pixels.shape[:2]
    if max(height, width) <= _TILE:
        return
    for top, left in product(_starts(height), _starts(width)):
        tile = np.ascontiguousarray(pixels[top : top + _TILE, left : left + _TILE])
        corner = np.asarray([left, top], np.float32)
        for face in detector.detect(tile):
            box = face.box + np.tile(corner, 2)
            inside = np.asarray([left, top, left + tile.shape[1], top + tile.shape[0]], np.float32)
            outer = np.asarray([0, 0, width, height], np.float32)
            if not ((np.abs(box - inside) < _EDGE) & (inside != outer)).any():
                yield replace(face, box=box, eyes=None if face.eyes is None else face.eyes + corner)


def _starts(length: int) -> list[int]:
    """Where tiles begin along one side; the last one ends with the picture."""
    last = max(0, length - _TILE)
    return sorted({*range(0, last, _STEP), last})


def _shared(one: Float32, other: Float32) -> float:
    """The common area over the area of the smaller box."""
    low, high = np.maximum(one[:2], other[:2]), np.minimum(one[2:], other[2:])
    common = float(np.prod(np.clip(high - low, 0, None)))
    return common / max(min(float(np.prod(b[2:] - b[:2])) for b in (one, other)), 1e-6)
