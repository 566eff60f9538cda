"""Finds faces in pictures and follows people over time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, Self

import numpy as np

from mien.media.cropping import CROP, Pixels, Square
from mien.media.landmarks import FacePoints
from mien.types import Float32

_DETECT_SIDE = 400  # pixels; long side of the picture that the detector gets
_LOST_AFTER = 1.5  # seconds; a person may be out of sight this long before the look alone decides who it is


@dataclass(frozen=True)
class Face:
    """One detected face.

    Attributes:
        box: float32 (4,): left, top, right, bottom in pixels.
        score: how sure the detector is, from 0 to 1.
        eyes: float32 (2, 2): x and y of each eye in pixels; ``None`` when the detector does not give them.
        points: of the face; ``None`` when they were not looked for, or not found.
        within: width and height of the picture, pixels; zeros where they are not known.
    """

    box: Float32
    score: float
    eyes: Float32 | None = None
    points: FacePoints | None = None
    within: tuple[int, int] = (0, 0)


class Detector(Protocol):
    """Finds faces in uint8 RGB (H, W, 3)."""

    def detect(self, pixels: Pixels, scale: float | None = None) -> list[Face]:
        """All faces, the surest first.

        Args:
            pixels: uint8 RGB (H, W, 3).
            scale: the picture is made this many times as large before the search; ``None`` leaves it to the detector.
        """


def usual_scale(pixels: Pixels) -> float:
    """The factor by which a picture is scaled before all of it is searched for faces."""
    return min(1.0, float(_DETECT_SIDE / max(pixels.shape[:2])))


def crop(pixels: Pixels, face: Face) -> Pixels:
    """The upright face, uint8 RGB (112, 112, 3), framed as in FER2013; the box is used where the points are unknown."""
    return (usual_square(face) if face.points is None else face.points.square).out_of(pixels, CROP)


def usual_square(face: Face) -> Square:
    """The square around a detector's box that is framed as in FER2013.

    The proportions are such that it agrees with ``FacePoints.square`` as a median over 49 faces of the samples.
    """
    left, top, right, bottom = (float(v) for v in face.box)
    side = 1.045 * ((right - left) + (bottom - top)) / 2
    turn = _tilt(face)
    if face.eyes is None:
        centre = np.asarray([(left + right) / 2, (top + bottom) / 2 + 0.007 * side])
    else:
        centre = face.eyes.mean(axis=0) + 0.139 * side * np.asarray([-np.sin(turn), np.cos(turn)])
    return Square(centre.astype(np.float32), side, turn)


def _tilt(face: Face) -> float:
    """Angle of the line between the eyes, radians; 0 when it is unknown or too large for a head."""
    if face.eyes is None:
        return 0.0
    dx, dy = face.eyes[1] - face.eyes[0]
    angle = float(np.arctan2(dy, dx))
    return angle if abs(angle) < 0.8 else 0.0


@dataclass
class _Person:
    box: Float32
    speed: Float32
    time: float
    look: Float32
    name: str | None = None
    shot: int = 0
    waiting: list[Sighting] = field(default_factory=list)


@dataclass(frozen=True)
class Sighting:
    """A person's face at one moment.

    ``time`` is in seconds, ``pixels`` is its crop, and ``box`` is where it lies in the picture of the size ``within``; see
    ``Face``. ``mouth`` and ``pose`` are those of its ``FacePoints``; NaN when these are unknown. ``shot`` counts the shots of
    the clip from 0.
    """

    who: str
    time: float
    pixels: Pixels
    box: Float32
    mouth: float = math.nan
    pose: tuple[float, float, float] = (math.nan, math.nan, math.nan)
    shot: int = 0
    within: tuple[int, int] = (0, 0)

    @classmethod
    def of(cls, who: str, time: float, pixels: Pixels, face: Face) -> Self:
        """The sighting of a face."""
        sighting = cls(who, time, pixels, face.box, within=face.within)
        return sighting if face.points is None else replace(sighting, mouth=face.points.mouth, pose=face.points.pose)


class Tracker:
    """Assigns faces to people by the nearest predicted box (IoU and centre distance) and by likeness of a small grey picture.

    A person gets a name ("person-1", in order of appearance) at the second sighting; a single sighting counts as a mistake.
    A person who is out of sight for a short time keeps the name. After a longer time, and in a new shot, only somebody who
    looks very much like a known person gets the old name: a new person may be at the same place.
    """

    def __init__(self) -> None:
        self._people: list[_Person] = []
        self._named = self._shot = 0

    def update(self, faces: Sequence[Face], crops: Sequence[Pixels], time: float, cut: bool = False) -> list[Sighting]:
        """Sightings at this moment, and earlier ones of people who get their name now.

        Args:
            faces: the faces of one picture.
            crops: the crop of each face.
            time: of the picture, seconds.
            cut: whether a new shot begins with the picture.
        """
        self._shot += cut
        # A person without a name who has been out of sight for so long was a mistake.
        self._people = [p for p in self._people if p.name is not None or time - p.time <= _LOST_AFTER]
        looks = [_look(c) for c in crops]
        pairs = sorted(
            (
                (_likeness(p, f, k, time, p.shot == self._shot), i, j)
                for i, p in enumerate(self._people)
                for j, (f, k) in enumerate(zip(faces, looks, strict=True))
            ),
            reverse=True,
        )
        taken: dict[int, int] = {}
        used: set[int] = set()
        for likeness, i, j in pairs:
            if likeness > 0 and i not in used and j not in taken:
                taken[j] = i
                used.add(i)
        sightings: list[Sighting] = []
        for j, (face, pixels) in enumerate(zip(faces, crops, strict=True)):
            person = self._follow(taken.get(j), face, looks[j], time)
            sightings += self._see(person, face, pixels, time)
        return sightings

    def _follow(self, index: int | None, face: Face, look: Float32, time: float) -> _Person:
        if index is None:
            person = _Person(face.box, np.zeros(4, np.float32), time, look, shot=self._shot)
            self._people.append(person)
            return person
        person = self._people[index]
        gap = max(time - person.time, 1e-3)
        followed = gap < _LOST_AFTER and person.shot == self._shot
        person.speed = np.asarray((face.box - person.box) / gap if followed else 0 * face.box, np.float32)
        person.box, person.time, person.shot = face.box, time, self._shot
        person.look = 0.8 * person.look + 0.2 * look
        return person

    def _see(self, person: _Person, face: Face, pixels: Pixels, time: float) -> list[Sighting]:
        sighting = replace(Sighting.of(person.name or "", time, pixels, face), shot=self._shot)
        if person.name is not None:
            return [sighting]
        person.waiting.append(sighting)
        if len(person.waiting) < 2:
            return []
        self._named += 1
        person.name = f"person-{self._named}"
        waited, person.waiting = person.waiting, []
        return [replace(s, who=person.name) for s in waited]


def _likeness(person: _Person, face: Face, look: Float32, time: float, same_shot: bool) -> float:
    """Above 0 when the face may be the person; larger means more alike."""
    gap = time - person.time
    alike = float((person.look * look).mean())
    if gap > _LOST_AFTER or not same_shot:
        return alike - 0.75
    predicted = person.box + person.speed * min(gap, 0.5)
    side = float(max(predicted[2] - predicted[0], 1.0))
    apart = float(np.hypot(*((face.box[:2] + face.box[2:]) / 2 - (predicted[:2] + predicted[2:]) / 2))) / side
    sizes = float(face.box[2] - face.box[0]) / side
    if apart > 1.0 + gap or not 0.5 < sizes < 2.0:
        return alike - 0.85
    return overlap(predicted, face.box) + max(0.0, 1 - apart) + 0.5 * alike


def overlap(one: Float32, other: Float32) -> float:
    """Intersection over union of two boxes (left, top, right, bottom), from 0 to 1."""
    low, high = np.maximum(one[:2], other[:2]), np.minimum(one[2:], other[2:])
    common = float(np.prod(np.clip(high - low, 0, None)))
    areas = [float(np.prod(b[2:] - b[:2])) for b in (one, other)]
    return common / max(areas[0] + areas[1] - common, 1e-6)


def _look(pixels: Pixels) -> Float32:
    """A 16 x 16 grey picture with a mean of 0 and a standard deviation of 1."""
    grey = pixels.astype(np.float32).mean(axis=2).reshape(16, CROP // 16, 16, CROP // 16).mean(axis=(1, 3))
    return np.asarray((grey - grey.mean()) / (grey.std() + 1e-3), np.float32)
