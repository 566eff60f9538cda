"""Turns a decoded frame into the picture people should see: its clean aperture, in square pixels, upright, not mirrored."""

from __future__ import annotations

import struct
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.media.decoding.pictures.aperture import Aperture

_LONG_SIDE = 1280
_STRANGEST = 8.0  # a larger ratio of the sides of a pixel comes from a damaged header
_MATRIX = struct.Struct("=9i")
_TURNS = (
    (1, 0, 0, 1),
    (0, 1, -1, 0),
    (-1, 0, 0, -1),
    (0, -1, 1, 0),
)  # matrices that turn by 0, 90, 180, 270 degrees clockwise


class Upright:
    """Makes the frames of one stream upright.

    Args:
        pixel: width of a pixel over its height, as the container or else the stream says; ``None`` or 0 where neither does.
            DV, DVD and many recordings of studies have pixels that are not square, so faces would look stretched.
        pixels: how many pixels a picture may have; ``None`` for a long side of at most 1280.
        turn: whether frames are turned as they say; otherwise the caller turns them.
        shown: the part of a frame that is shown; ``None`` for all of it. Frames that do not hold it are shown whole.
    """

    def __init__(
        self, pixel: Fraction | None, pixels: int | None = None, turn: bool = True, shown: Aperture | None = None
    ) -> None:
        self._most, self._turn, self._shown = pixels, turn, shown
        aspect = float(pixel or 1)
        self._aspect = aspect if 1 / _STRANGEST <= aspect <= _STRANGEST else 1.0
        self._matrix = (1, 0, 0, 1)
        self._rotation: float | None = None

    def __call__(self, frame: Any) -> NDArray[np.uint8]:
        """A frame of PyAV, as decoded, to uint8 RGB (H, W, 3)."""
        if self._turn and frame.rotation != self._rotation:
            # Once for each turn of the camera: a frame that was asked for its side data refers to itself from then on, and
            # its memory comes free late.
            self._rotation, self._matrix = frame.rotation, _matrix(frame)
        part = Aperture(0, 0, frame.width, frame.height)
        if self._shown is not None and self._shown.fits(frame.width, frame.height):
            part = self._shown
        width, height = self._size(part)
        # The whole frame is scaled, and the part cut out of it.
        across, down = width / part.width, height / part.height
        whole = max(width, round(frame.width * across)), max(height, round(frame.height * down))
        pixels = _one_field(frame, *whole) if frame.interlaced_frame else _scaled(frame, *whole)
        left, top = min(round(part.left * across), whole[0] - width), min(round(part.top * down), whole[1] - height)
        return np.ascontiguousarray(_turned(pixels[top : top + height, left : left + width], self._matrix))

    def _size(self, part: Aperture) -> tuple[int, int]:
        """Width and height of a part of a frame with square pixels, within the limit."""
        wide = self._aspect > 1
        width, height = (part.width * self._aspect, part.height) if wide else (part.width, part.height / self._aspect)
        smaller = _LONG_SIDE / max(width, height) if self._most is None else (self._most / (width * height)) ** 0.5
        scale = min(1.0, smaller)
        return max(1, round(width * scale)), max(1, round(height * scale))


def _scaled(frame: Any, width: int, height: int) -> NDArray[np.uint8]:
    found: NDArray[np.uint8] = frame.reformat(width, height, format="rgb24").to_ndarray()
    return found


def _one_field(frame: Any, width: int, height: int) -> NDArray[np.uint8]:
    """The picture from every second line. The other lines show another moment, so moving things would look like a comb."""
    import av

    lines = np.ascontiguousarray(_scaled(frame, width, frame.height)[::2])
    return _scaled(av.VideoFrame.from_ndarray(lines, format="rgb24"), width, height)


def _matrix(frame: Any) -> tuple[int, int, int, int]:
    """The entries a, b, c, d of the display matrix: x' = ax + cy and y' = bx + dy."""
    try:
        data = frame.side_data.get("DISPLAYMATRIX")
    except ValueError:  # there is side data of a kind that this PyAV does not know, such as EXIF
        return _TURNS[round(-frame.rotation / 90) % 4]
    if data is not None and len(bytes(data)) == _MATRIX.size:
        a, b, _, c, d, *_ = _MATRIX.unpack(bytes(data))
        return a, b, c, d
    return 1, 0, 0, 1


def _turned(pixels: NDArray[np.uint8], matrix: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    """The picture turned by the nearest multiple of 90 degrees, and mirrored when the matrix says so."""
    a, b, c, d = matrix
    across, down = (a, d) if abs(a) + abs(d) >= abs(b) + abs(c) else (c, b)
    if (across, down) != (a, d):
        pixels = pixels.swapaxes(0, 1)
    return pixels[:: -1 if down < 0 else 1, :: -1 if across < 0 else 1]
