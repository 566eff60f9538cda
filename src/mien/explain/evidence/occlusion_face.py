"""Finds which regions of a face supported a label: squares of the crop are blurred."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mien.explain.evidence.base import Bools, Explainer, explainers
from mien.explanation import Piece
from mien.types import Frames, Modality, Segment

GRID = 7
"""The number of rows, and of columns, of regions."""
_FRAMES = 3  # pictures of a segment that are used, evenly chosen
_BLUR = 0.15  # radius, in widths of the crop; it removes features and keeps skin and light


@explainers.register
class FaceOcclusion(Explainer):
    """Occlusion in a grid of 7 x 7 over the aligned crop, in up to three pictures of the segment.

    A region that is left out is blurred until no feature is left in it. The faces are aligned, so mouth, eyes and brows lie
    at the same places in all pictures.
    """

    modality: Modality = "face"

    def pieces(self, segment: Segment) -> tuple[Piece, ...]:
        """The regions from the upper left, row by row."""
        if segment.frames is None or not len(segment.frames):
            return ()
        side = 1 / GRID
        places = ((column * side, row * side) for row in range(GRID) for column in range(GRID))
        return tuple(Piece(box=(x, y, x + side, y + side)) for x, y in places)

    def without(self, segment: Segment, gone: Bools) -> Segment | None:
        """The chosen pictures, blurred in the regions that are gone."""
        return None if gone.all() else self._mixed(segment, gone)

    def chosen(self, segment: Segment) -> Segment:
        """The segment with the chosen pictures only, as they are."""
        return self._mixed(segment, np.zeros(GRID * GRID, bool))

    def background(self, segment: Segment) -> Segment:
        """The segment with the chosen pictures, blurred all over."""
        return self._mixed(segment, np.ones(GRID * GRID, bool))

    def _mixed(self, segment: Segment, gone: Bools) -> Segment:
        if segment.frames is None:
            return segment
        frames = _chosen(segment.frames)
        if not gone.any():
            return replace(segment, frames=frames)
        mask = _spread(gone.reshape(GRID, GRID), frames.pixels.shape[1:3])[None, :, :, None]
        mixed = mask * _blurred(frames.pixels) + (1 - mask) * frames.pixels
        return replace(segment, frames=replace(frames, pixels=mixed.round().astype(np.uint8)))

    def picture(self, segment: Segment) -> bytes | None:
        """The middle one of the chosen pictures."""
        from PIL import Image

        if segment.frames is None:
            return None
        pixels = _chosen(segment.frames).pixels
        file = io.BytesIO()
        Image.fromarray(pixels[len(pixels) // 2]).save(file, "PNG", optimize=True)
        return file.getvalue()


def regions(pixels: int) -> NDArray[np.int64]:
    """The row (or column) of regions in which each row (or column) of pixels lies, int64 (pixels,)."""
    return np.arange(pixels) * GRID // pixels


def _chosen(frames: Frames) -> Frames:
    if len(frames) <= _FRAMES:
        return frames
    at = np.linspace(0, len(frames) - 1, 2 * _FRAMES + 1).round().astype(int)[1::2]
    return frames.rows(at)


def _spread(gone: Bools, size: tuple[int, int]) -> NDArray[np.float32]:
    """The grid as a mask over pixels, float32 (H, W)."""
    rows, columns = map(regions, size)
    return np.asarray(gone[np.ix_(rows, columns)], np.float32)


def _blurred(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    from PIL import Image, ImageFilter

    blur = ImageFilter.GaussianBlur(_BLUR * pixels.shape[2])
    return np.stack([np.asarray(Image.fromarray(p).filter(blur), np.float32) for p in pixels])
