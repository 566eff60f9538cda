"""Turns pictures into sightings of people. The search for faces has its own thread, a few pictures behind the decoder."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Executor, Future
from dataclasses import replace
from pathlib import Path

import numpy as np

from mien.media.cropping import Pixels
from mien.media.decoding.open import stream
from mien.media.detectors import usual_detector
from mien.media.faces import (
    Detector,
    Face,
    Sighting,
    Tracker,
    crop,
    overlap,
    usual_scale,
    usual_square,
)
from mien.media.landmarks import Landmarks
from mien.media.turns import by_person, frames_in
from mien.media.workers import worker
from mien.types import Float32, Frames, Picture, Span

FPS = 5.0
"""Pictures a second that are searched for faces."""

_Found = tuple[float, list[Face], list[Pixels]]
_GROUP = 3  # pictures; one of them is searched whole. At 5 a second, every face in view for 0.6 s is found.
_SAME = 0.3  # two boxes with a larger overlap (intersection over union) belong to one face
_MARGIN = 0.5  # how far around a box the face is searched, as a share of its longer side
_FACE = 64.0  # pixels; a box is scaled down to this before the search
_AHEAD = 2  # groups that may wait for the face detector; a picture takes up to 2.8 MB


class Watcher:
    """Follows people through pictures in order of time.

    The search of a whole picture is slow, and faces hardly move in 0.2 s. So only the last picture of each group is searched
    whole. The pictures before it are searched around the faces that it shares with the last picture of the group before.
    When those two pictures do not show the same faces, somebody came or went. Then all pictures of the group are searched
    whole, so that the picture in which it happened is known.

    Args:
        executor: an executor with one thread, on which the search runs.
        detector: finds the faces.
        landmarks: finds their points.
    """

    def __init__(self, executor: Executor, detector: Detector, landmarks: Landmarks | None = None) -> None:
        self._executor, self._detector, self._tracker = executor, detector, Tracker()
        self._landmarks = landmarks or Landmarks()
        self._group: list[Picture] = []
        self._searched: deque[Future[list[_Found]]] = deque()
        self._before: list[Face] = []

    def look(self, picture: Picture) -> list[Sighting]:
        """Takes a picture, and gives the sightings in earlier pictures that are known by now."""
        self._group.append(picture)
        if len(self._group) < _GROUP:
            return []
        self._submit()
        return self._follow(waiting=_AHEAD)

    def rest(self) -> list[Sighting]:
        """The sightings in the pictures that still wait."""
        if self._group:
            self._submit()
        return self._follow(waiting=0)

    def _submit(self) -> None:
        self._searched.append(self._executor.submit(self._search, self._group))
        self._group = []

    def _follow(self, waiting: int) -> list[Sighting]:
        sightings: list[Sighting] = []
        while len(self._searched) > waiting:
            for time, faces, crops in self._searched.popleft().result():
                sightings += self._tracker.update(faces, crops, time)
        return sightings

    def _search(self, group: Sequence[Picture]) -> list[_Found]:
        """The faces in each picture of a group. It runs on the executor, one group after the other."""
        last = self._detector.detect(group[-1].pixels)
        where = _paths(self._before, last)
        self._before = last
        found = [*(self._between(p.pixels, where) for p in group[:-1]), last]
        return [(p.time, *cropped(self._landmarks, p.pixels, f)) for p, f in zip(group, found, strict=True)]

    def _between(self, pixels: Pixels, where: list[Float32] | None) -> list[Face]:
        near = [_near(self._detector, pixels, box) for box in where or ()]
        faces = [face for face in near if face is not None]
        return faces if where is not None and len(faces) == len(near) else self._detector.detect(pixels)


def _paths(before: Sequence[Face], after: Sequence[Face]) -> list[Float32] | None:
    """A box around each face and the same face later; ``None`` when the two pictures do not show the same faces."""
    partners = [max(after, key=lambda a: overlap(b.box, a.box), default=None) for b in before]
    pairs = [(b.box, p.box) for b, p in zip(before, partners, strict=True) if p and overlap(b.box, p.box) > _SAME]
    if not len(before) == len(after) == len(pairs) == len({id(p) for p in partners}):
        return None
    return [np.concatenate([np.minimum(b, a)[:2], np.maximum(b, a)[2:]]) for b, a in pairs]


def _near(detector: Detector, pixels: Pixels, box: Float32) -> Face | None:
    """The face in and around a box; ``None`` when there is none. It is searched no finer than the whole picture would be."""
    height, width = pixels.shape[:2]
    side = float(max(box[2:] - box[:2]))
    left, top = (max(0, int(v - _MARGIN * side)) for v in box[:2])
    right, bottom = (int(min(end, v + _MARGIN * side)) for end, v in zip((width, height), box[2:], strict=True))
    scale = min(usual_scale(pixels), _FACE / side)
    found = detector.detect(pixels[top:bottom, left:right], scale)
    if not found:
        return None
    corner = np.asarray([left, top], np.float32)
    best = max(found, key=lambda f: overlap(f.box + np.tile(corner, 2), box))
    eyes = best.eyes + corner if best.eyes is not None else None
    return replace(best, box=best.box + np.tile(corner, 2), eyes=eyes)


def cropped(landmarks: Landmarks, pixels: Pixels, faces: Sequence[Face]) -> tuple[list[Face], list[Pixels]]:
    """The faces with their points, where these are found, and the crop of each.

    Args:
        landmarks: finds the points.
        pixels: the picture, uint8 RGB (H, W, 3).
        faces: where the detector saw faces.
    """
    within = pixels.shape[1], pixels.shape[0]
    known = [replace(f, points=landmarks.find(pixels, usual_square(f)), within=within) for f in faces]
    return known, [crop(pixels, f) for f in known]


def main_face(path: Path, span: Span | None = None) -> Frames | None:
    """The face that is in view longest in a video, or in a span of it; ``None`` when there is none.

    Raises:
        MediaError: the file cannot be read.
    """
    sightings: list[Sighting] = []
    with worker("mien-faces") as executor:
        watcher = Watcher(executor, usual_detector())
        for piece in stream(path, FPS, sound=False, start=span.start if span is not None else 0.0):
            if not isinstance(piece, Picture) or (span is not None and piece.time < span.start):
                continue
            if span is not None and piece.time >= span.end:
                break
            sightings += watcher.look(piece)
        sightings += watcher.rest()
    people = by_person(sightings)
    if not people:
        return None
    return frames_in(max(people.values(), key=len), Span(0.0, sightings[-1].time + 1.0))
