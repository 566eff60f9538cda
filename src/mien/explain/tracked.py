"""Adds to an answer what changes within its moment: curves of voice and face, and where the face is."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from mien.bundle.bundle import Bundle
from mien.bundle.encoded import EncodedTracks
from mien.explain.curves import Pieces, face_curve, one_row, pieces, voice_curve
from mien.timeline import Curve, FaceBoxes, Prediction
from mien.types import Frames, Modality, Segment, Task, Track

_SIDE = 96  # pixels; width and height of a portrait
_QUALITY = 82  # of its JPEG; a portrait then has about 4 kB


class Tracked(NamedTuple):
    """What is kept of a moment for its curves and boxes. It holds no sound and no pictures."""

    voice: Pieces | None
    faces: FaceBoxes | None

    @classmethod
    def of(cls, bundle: Bundle, segment: Segment) -> Tracked:
        """What to keep of a segment, which has its sound and pictures."""
        return cls(pieces(bundle, segment), boxes_of(segment.frames))


def with_tracks(
    prediction: Prediction,
    bundle: Bundle,
    task: Task,
    encoded: Mapping[Modality, EncodedTracks],
    kept: Tracked,
    relative: Callable[[Track], Track],
) -> Prediction:
    """The answer with its curves and the places of the face.

    Args:
        prediction: the answer.
        bundle: gave it.
        task: of the bundle.
        encoded: the encoded tracks of the moment.
        kept: of the moment.
        relative: makes a track of the voice relative to the person.
    """
    curves: dict[Modality, Curve] = {}
    for m in ("voice", "face"):
        opinion = prediction.opinions.get(m)
        if opinion is None or prediction.span.duration <= 0:
            continue
        curve = face_curve(bundle, task, encoded[m], prediction.span) if m == "face" else None
        if m == "voice" and kept.voice is not None:
            curve = voice_curve(bundle, task, kept.voice.times, [relative(t) for t in kept.voice.tracks])
        curves[m] = one_row(bundle, task, m, opinion, prediction.span) if curve is None else curve
    return replace(prediction, curves=curves, faces=kept.faces)


def boxes_of(frames: Frames | None) -> FaceBoxes | None:
    """The boxes of face crops as parts of the picture; ``None`` where boxes or the size of the picture are not known."""
    if frames is None or frames.boxes is None or frames.within is None or not frames.within.all():
        return None
    parts = np.clip(frames.boxes / np.tile(frames.within, 2), 0.0, 1.0)
    return FaceBoxes(frames.times, parts.astype(np.float32))


class Portraits:
    """The best picture of each person so far: the face is large and looks at the camera.

    Attributes:
        found: {person: JPEG of 96 x 96 pixels}.
    """

    def __init__(self) -> None:
        self.found: dict[str, bytes] = {}
        self._best: dict[str, float] = {}

    def look(self, segment: Segment) -> None:
        """Takes a picture of a person from a segment if it is better than the one so far."""
        if segment.who is None or segment.frames is None or not len(segment.frames):
            return
        worth = _worth(segment.frames)
        k = int(worth.argmax())
        if worth[k] > self._best.get(segment.who, 0.0):
            self._best[segment.who] = float(worth[k])
            self.found[segment.who] = _jpeg(segment.frames, k)


def _worth(frames: Frames) -> np.ndarray:
    """How good each picture is, (N,): the side of the face in pixels, less where the head is turned away."""
    sides = np.ones(len(frames)) if frames.boxes is None else (frames.boxes[:, 2:] - frames.boxes[:, :2]).mean(axis=1)
    pose = np.full((len(frames), 2), np.nan) if frames.pose is None else frames.pose[:, :2]
    straight = np.cos(np.radians(np.where(np.isfinite(pose), np.clip(pose, -80, 80), 45.0))).prod(axis=1)
    return np.asarray(sides * straight)


def _jpeg(frames: Frames, k: int) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(frames.pixels[k]).resize((_SIDE, _SIDE), Image.Resampling.LANCZOS).save(
        file, "JPEG", quality=_QUALITY, optimize=True
    )
    return file.getvalue()
