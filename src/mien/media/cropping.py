"""Cuts upright squares out of pictures, framed as in FER2013."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.types import Float32

Pixels = NDArray[np.uint8]
CROP = 112
"""Width and height of an aligned crop, pixels."""


@dataclass(frozen=True)
class Square:
    """A square in a picture, which may be turned and may reach beyond the picture.

    Attributes:
        centre: float32 (2,), x and y in pixels.
        side: pixels.
        turn: angle from the x axis of the picture to the upper edge of the square, radians, clockwise on the screen.
    """

    centre: Float32
    side: float
    turn: float = 0.0

    def out_of(self, pixels: Pixels, size: int) -> Pixels:
        """The square as an upright picture, uint8 RGB (size, size, 3). Pixels at the edge of the source are repeated beyond it.

        Args:
            pixels: the source, uint8 RGB (H, W, 3).
            size: width and height of the result, pixels.
        """
        from PIL import Image

        step = self.side / size
        cos, sin = float(np.cos(self.turn)), float(np.sin(self.turn))
        x, y = float(self.centre[0]), float(self.centre[1])
        # Output pixel (u, v) is sampled at centre + step * R (u - size / 2, v - size / 2).
        a, b = step * cos, -step * sin
        d, e = step * sin, step * cos
        half = size / 2
        c, f = x - a * half - b * half, y - d * half - e * half
        reach = int(np.ceil(0.71 * self.side)) + 2  # the corners of a turned square, and what smoothing needs around it
        x0, y0 = int(x) - reach, int(y) - reach
        picture = Image.fromarray(_window(pixels, x0, y0, 2 * reach))
        shrink = max(1, int(step))
        if shrink > 1:
            # Pixels are averaged first, because a sample of single pixels would be noisy.
            picture = picture.reduce(shrink)
        matrix = tuple(v / shrink for v in (a, b, c - x0, d, e, f - y0))
        # A small face is enlarged without visible squares.
        smooth = Image.Resampling.BICUBIC if step < 1 else Image.Resampling.BILINEAR
        return np.asarray(picture.transform((size, size), Image.Transform.AFFINE, matrix, smooth))

    def placed(self, points: Float32, size: int) -> Float32:
        """Points of the upright picture as points of the source, float32 (..., 2 or 3). A third coordinate is only scaled.

        Args:
            points: float32 (..., 2 or 3), pixels of a picture of ``size`` x ``size``.
            size: width and height of that picture, pixels.
        """
        step = self.side / size
        cos, sin = np.cos(self.turn), np.sin(self.turn)
        x, y = points[..., 0] - size / 2, points[..., 1] - size / 2
        flat = np.stack([cos * x - sin * y, sin * x + cos * y], axis=-1) * step + self.centre
        return np.concatenate([flat, points[..., 2:] * step], axis=-1).astype(np.float32)


def _window(pixels: Pixels, x0: int, y0: int, size: int) -> Pixels:
    """A square of the picture. Beyond the picture, the pixels at its edge are repeated."""
    height, width = pixels.shape[:2]
    top, left = min(max(y0, 0), height - 1), min(max(x0, 0), width - 1)
    inside = pixels[top : max(top + 1, y0 + size), left : max(left + 1, x0 + size)]
    above, before = min(size - 1, max(0, -y0)), min(size - 1, max(0, -x0))
    rows, columns = (above, size - above - inside.shape[0]), (before, size - before - inside.shape[1])
    return np.pad(inside, (rows, columns, (0, 0)), mode="edge") if any((*rows, *columns)) else inside
