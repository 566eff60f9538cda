"""The points of a face: where it looks, how far the mouth is open, and which square shows it as FER2013 does."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mien.bundles import shared_file
from mien.media.cropping import Pixels, Square
from mien.runtime import threads
from mien.types import Float32

if TYPE_CHECKING:
    import onnxruntime

_SIDE = 192  # pixels; what the network reads
_LEAST_SCORE = 0.5
_MORE_LOOKS = 4
_AROUND = 1.4  # the network wants a margin around the usual crop; with this one it finds most faces of FER2013 (96 %)
_UPPER_LIP, _LOWER_LIP = 13, 14  # points at the inner edge of the lips
_SIDE_OF_EYES = 1.85  # side of the usual crop over the distance of the outer corners of the eyes: the median of FER2013
_MIDDLE = np.asarray([0.0, 0.11, 0.16])  # what FER2013 has in the middle of a picture, in the coordinates of ``_HEAD``

# Points that hardly move with the expression, and where they lie on a head that looks straight at the camera: x to the right,
# y down, z away from the camera; the outer corners of the eyes are 1 apart. These are the means over 4,240 faces of
# facial_expressions (valid and test), made alike by generalised Procrustes analysis (Gower 1975) and symmetric.
_HEAD: dict[int, tuple[float, float, float]] = {
    33: (-0.500, -0.143, 0.042),  # corners of the eyes
    133: (-0.194, -0.125, -0.017),
    362: (0.194, -0.125, -0.017),
    263: (0.500, -0.143, 0.042),
    168: (0.000, -0.179, -0.198),  # bridge and tip of the nose
    6: (0.000, -0.090, -0.242),
    197: (0.000, -0.010, -0.294),
    195: (0.000, 0.063, -0.349),
    4: (0.000, 0.234, -0.429),
    98: (-0.193, 0.337, -0.146),  # nostrils, and the skin below
    327: (0.193, 0.337, -0.146),
    2: (0.000, 0.364, -0.232),
    127: (-0.756, -0.127, 0.575),  # temples
    356: (0.756, -0.127, 0.575),
    234: (-0.745, 0.020, 0.631),
    454: (0.745, 0.020, 0.631),
    10: (0.000, -0.693, -0.170),  # forehead
    9: (0.000, -0.353, -0.222),
    50: (-0.528, 0.205, -0.006),  # cheeks
    280: (0.528, 0.205, -0.006),
    117: (-0.574, 0.036, 0.052),
    346: (0.574, 0.036, 0.052),
    101: (-0.375, 0.130, -0.064),
    330: (0.375, 0.130, -0.064),
}
_STEADY = np.asarray(list(_HEAD))
_MODEL = np.asarray(list(_HEAD.values()))


@dataclass(frozen=True)
class FacePoints:
    """The 468 points of one face (MediaPipe's face mesh; Kartynnik et al. 2019, arXiv 1907.06724).

    Attributes:
        places: float32 (468, 3): x and y in pixels of the source picture, and the depth in the same unit, larger behind.
        score: how sure the network is that this is a face, from 0 to 1.
    """

    places: Float32
    score: float

    @cached_property
    def _fit(self) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
        """Scale, rotation (3, 3) and shift (3,) that bring ``_MODEL`` closest to the points (Umeyama 1991)."""
        found = self.places[_STEADY].astype(np.float64)
        centred, model = found - found.mean(axis=0), _MODEL - _MODEL.mean(axis=0)
        left, values, right = np.linalg.svd(centred.T @ model)
        flip = np.asarray([1.0, 1.0, np.sign(np.linalg.det(left) * np.linalg.det(right))])
        rotation = (left * flip) @ right
        scale = float((values * flip).sum() / np.square(model).sum())
        return scale, rotation, found.mean(axis=0) - scale * rotation @ _MODEL.mean(axis=0)

    @property
    def eyes_apart(self) -> float:
        """Distance between the outer corners of the eyes, in pixels, as if the head looked straight at the camera."""
        return self._fit[0]

    @property
    def pose(self) -> tuple[float, float, float]:
        """Yaw, pitch and roll of the head in degrees.

        All are 0 for a head that looks straight at the camera. Yaw is positive when the face turns to the right of the
        picture, pitch when it looks down, and roll when it leans clockwise.
        """
        _, turn, _ = self._fit
        # The rotation is roll * yaw * pitch, so the roll is that of the line between the eyes in the picture.
        yaw = np.arcsin(np.clip(turn[2, 0], -1, 1))
        pitch = np.arctan2(turn[2, 1], turn[2, 2])
        roll = np.arctan2(turn[1, 0], turn[0, 0])
        return float(np.degrees(yaw)), float(np.degrees(pitch)), float(np.degrees(roll))

    @property
    def mouth(self) -> float:
        """Distance between the inner edges of the lips over ``eyes_apart``: 0 closed, about 0.5 wide open."""
        return float(np.linalg.norm(self.places[_UPPER_LIP] - self.places[_LOWER_LIP]) / self.eyes_apart)

    @property
    def square(self) -> Square:
        """The square that shows the face upright and framed as in FER2013, whatever box a detector drew."""
        scale, rotation, shift = self._fit
        middle = shift + scale * rotation @ _MIDDLE
        turn = float(np.radians(self.pose[2]))
        return Square(middle[:2].astype(np.float32), _SIDE_OF_EYES * scale, turn)


class Landmarks:
    """Finds the points of faces, with MediaPipe's face mesh."""

    def __init__(self) -> None:
        self._session: onnxruntime.InferenceSession = threads.open_graph(shared_file("face_landmarks.onnx"))

    def find(self, pixels: Pixels, square: Square) -> FacePoints | None:
        """The points of a face; ``None`` where the network sees none.

        Args:
            pixels: uint8 RGB (H, W, 3).
            square: where the face is, roughly framed as in FER2013.
        """
        points = self._look(pixels, square)
        if points is None:
            # The square may be too tight. This finds a quarter of the faces of FER2013 that were missed.
            square = Square(square.centre, 1.3 * square.side, square.turn)
            points = self._look(pixels, square)
        for _ in range(_MORE_LOOKS):
            # The network expects the face upright and in the middle, and errs where it is not. Looking again where it saw the
            # face ends at the same place for every first square that is 0.8 to 1.5 times as wide as it should be.
            if points is None or _same(points.square, square):
                break
            square = points.square
            points = self._look(pixels, square) or points
        return points

    def _look(self, pixels: Pixels, square: Square) -> FacePoints | None:
        wide = Square(square.centre, _AROUND * square.side, square.turn)
        (points,), (score,) = self._session.run(None, {"pixels": wide.out_of(pixels, _SIDE)[None]})
        return FacePoints(wide.placed(points, _SIDE), float(score)) if score >= _LEAST_SCORE else None


def _same(one: Square, other: Square) -> bool:
    """Whether two squares differ by less than 4 % of their side, and less than 3 degrees."""
    apart = float(np.abs(one.centre - other.centre).max()) / other.side
    return max(apart, abs(one.side / other.side - 1)) < 0.04 and abs(one.turn - other.turn) < 0.05


def whole(pixels: Pixels) -> Square:
    """The largest square in the middle of a picture."""
    height, width = pixels.shape[:2]
    return Square(np.asarray([width / 2, height / 2], np.float32), float(min(height, width)))
