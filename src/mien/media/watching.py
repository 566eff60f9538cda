"""Turns pictures into sightings of people. The search for faces has its own thread, a few pictures behind the decoder."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mien.media.centerface import CenterFace
from mien.media.cropping import Pixels
from mien.media.decoding.open import stream
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
from mien.media.shots import Shots
from mien.media.turns import by_person, frames_in
from mien.media.workers import worker
from mien.types import Float32, Frames, Picture, Span

FPS = 5.0
"""Pictures a second that are searched for faces."""

_GROUP = 3  # pictures; one of them is searched whole. At 5 a second, every face in view for 0.6 s is found.
_LONGEST = (
    0.4  # seconds from the first to the last picture of a group; with fewer pictures a second, groups are smaller
)
BLOCK = 3.0
"""Seconds; no group goes on over a multiple of this. So what a picture shows depends on the block before it alone."""
LATER = _LONGEST
"""Seconds; the group of a picture is complete when another one comes that is so much later."""
_FRESH = 0.5  # seconds; a search of a whole picture is older than this when the next one is due. At 5 a second, one of three is
_SAME = 0.3  # two boxes with a larger overlap (intersection over union) belong to one face
_MARGIN = 0.5  # how far around a box the face is searched, as a share of its longer side
_FACE = 64.0  # pixels; a box is scaled down to this before the search
_SURE = 0.5  # score of a face that needs no points
_AHEAD = 2  # groups that may wait for the face detector; a picture takes up to 2.8 MB


class Shown(NamedTuple):
    """The faces in one picture, and the crop of each. ``cut`` tells whether a new shot begins with it."""

    time: float
    faces: list[Face]
    crops: list[Pixels]
    cut: bool


class Follower(ABC):
    """Follows people through what pictures show, in order of time.

    Attributes:
        end: when the last picture comes that is known, seconds.
    """

    def __init__(self) -> None:
        self._tracker = Tracker()
        self.end = 0.0

    @abstractmethod
    def shown(self, until: float) -> Iterator[Shown]:
        """What the pictures before a time (seconds) show. Each picture comes once."""

    def until(self, time: float) -> list[Sighting]:
        """The sightings that are known by the pictures before a time, seconds, and were not given yet."""
        return [s for p in self.shown(time) for s in self._tracker.update(p.faces, p.crops, p.time, p.cut)]

    def rest(self) -> list[Sighting]:
        """The sightings that were not given yet."""
        return self.until(math.inf)


class Watcher(Follower):
    """Searches pictures for faces, in order of time, and follows people through them.

    The search of a whole picture is slow, and faces hardly move in 0.2 s. So only the last picture of each group is searched
    whole. The pictures before it are searched around the faces that it shares with the last picture of the group before.
    When those two pictures do not show the same faces, somebody came or went. Then all pictures of the group are searched
    whole, so that the picture in which it happened is known. So they are where a new shot begins. A picture that is given
    again, as in a slide show, is not searched again.

    Args:
        executor: an executor with one thread, on which the search runs.
        detector: finds the faces.
        landmarks: finds their points.
    """

    def __init__(self, executor: Executor, detector: Detector, landmarks: Landmarks | None = None) -> None:
        super().__init__()
        self._executor, self._detector = executor, detector
        self._landmarks = landmarks or Landmarks()
        self._group: list[Picture] = []
        self._searched: deque[tuple[float, Future[list[Shown]]]] = deque()
        self._shown: deque[Shown] = deque()
        self._before: list[Face] = []
        self._shots = Shots()
        self._same: tuple[Pixels, list[Face], list[Pixels]] | None = None  # the last picture and what it shows

    def look(self, picture: Picture) -> None:
        """Takes a picture. It may wait until earlier ones are searched, so that few are held."""
        self.end = picture.time
        if self._group and picture.time // BLOCK != self._group[0].time // BLOCK:
            self._submit()
        self._group.append(picture)
        if len(self._group) == _GROUP or picture.time - self._group[0].time >= _LONGEST - 1e-6:
            self._submit()
        while len(self._searched) > _AHEAD:
            self._wait()

    def shown(self, until: float) -> Iterator[Shown]:
        """See ``Follower``. Pictures whose group is not complete come later, unless ``until`` is infinite."""
        if self._group and until == math.inf:
            self._submit()
        while self._searched and self._searched[0][0] < until:
            self._wait()
        while self._shown and self._shown[0].time < until:
            yield self._shown.popleft()

    def _submit(self) -> None:
        self._searched.append((self._group[0].time, self._executor.submit(self._search, self._group)))
        self._group = []

    def _wait(self) -> None:
        self._shown += self._searched.popleft()[1].result()

    def _search(self, group: Sequence[Picture]) -> list[Shown]:
        """The faces in each picture of a group. It runs on the executor, one group after the other."""
        cuts = [self._shots.begins(p.pixels) for p in group]
        last = self._whole(group[-1].pixels)
        where = None if any(cuts) else _paths(self._before, last)
        self._before = last
        found = []
        for picture, cut in zip(group, cuts, strict=True):
            if self._same is None or self._same[0] is not picture.pixels:
                faces = last if picture.pixels is group[-1].pixels else self._between(picture.pixels, where)
                self._same = (picture.pixels, *cropped(self._landmarks, picture.pixels, faces))
            found.append(Shown(picture.time, *self._same[1:], cut))
        return found

    def _whole(self, pixels: Pixels) -> list[Face]:
        if self._same is not None and self._same[0] is pixels:
            return self._before
        return self._detector.detect(pixels)

    def _between(self, pixels: Pixels, where: list[Float32] | None) -> list[Face]:
        near = [_near(self._detector, pixels, box) for box in where or ()]
        faces = [face for face in near if face is not None]
        # People who are close together must not be taken for each other: then one face would be found twice.
        twice = any(overlap(one.box, other.box) > _SAME for one, other in combinations(faces, 2))
        return faces if where is not None and len(faces) == len(near) and not twice else self._detector.detect(pixels)


class PromptWatcher(Watcher):
    """Tells what a picture shows before the next one is there.

    A picture between two that are searched whole is searched around the faces of the picture before it, and whole where one
    of these is gone. Somebody who comes is seen in the next picture that is searched whole, and not in those before it.

    Args:
        executor, detector, landmarks: see ``Watcher``.
    """

    def __init__(self, executor: Executor, detector: Detector, landmarks: Landmarks | None = None) -> None:
        super().__init__(executor, detector, landmarks)
        self._whole_at = -math.inf  # when a picture was last searched whole

    def look(self, picture: Picture) -> None:
        """Takes a picture."""
        self.end = picture.time
        self._group.append(picture)
        self._submit()

    def _search(self, group: Sequence[Picture]) -> list[Shown]:
        """The faces in the only picture of a group. It runs on the executor, one picture after the other."""
        (picture,) = group
        cut = self._shots.begins(picture.pixels)
        old = picture.time - self._whole_at > _FRESH
        if old or cut:
            self._whole_at = picture.time
        if self._same is None or self._same[0] is not picture.pixels:
            where = None if old or cut else [face.box for face in self._before]
            self._before = self._between(picture.pixels, where)
            self._same = (picture.pixels, *cropped(self._landmarks, picture.pixels, self._before))
        return [Shown(picture.time, *self._same[1:], cut)]


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
    if not overlap(best.box + np.tile(corner, 2), box):
        return None  # it is the face of a neighbour
    eyes = best.eyes + corner if best.eyes is not None else None
    return replace(best, box=best.box + np.tile(corner, 2), eyes=eyes)


def cropped(landmarks: Landmarks, pixels: Pixels, faces: Sequence[Face]) -> tuple[list[Face], list[Pixels]]:
    """The faces with their points, where these are found, and the crop of each.

    A face of which the detector is unsure counts only when its points are found.

    Args:
        landmarks: finds the points.
        pixels: the picture, uint8 RGB (H, W, 3).
        faces: where the detector saw faces.
    """
    within = pixels.shape[1], pixels.shape[0]
    known = [replace(f, points=landmarks.find(pixels, usual_square(f)), within=within) for f in faces]
    sure = [f for f in known if f.score >= _SURE or f.points is not None]
    return sure, [crop(pixels, f) for f in sure]


def main_face(path: Path, span: Span | None = None) -> Frames | None:
    """The face that is in view longest in a video, or in a span of it; ``None`` when there is none.

    Raises:
        MediaError: the file cannot be read.
    """
    with worker("mien-faces") as executor:
        watcher = Watcher(executor, CenterFace())
        for piece in stream(path, FPS, sound=False, start=span.start if span is not None else 0.0):
            if not isinstance(piece, Picture) or (span is not None and piece.time < span.start):
                continue
            if span is not None and piece.time >= span.end:
                break
            watcher.look(piece)
        sightings = watcher.rest()
    people = by_person(sightings)
    if not people:
        return None
    return frames_in(max(people.values(), key=len), Span(0.0, sightings[-1].time + 1.0))
