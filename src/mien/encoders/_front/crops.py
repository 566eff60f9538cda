"""Crops of one person's face as small pictures, and how good they are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mien.types import Float32, Frames

POSE = "frontal"
"""The name of what ``frontal_of`` gives."""
QUALITY = ("side_px", "sharpness")
"""The two values of ``quality``.

``side_px`` is the median side of the face in the source picture (pixels). ``sharpness`` is the mean absolute gradient of the
crop divided by its standard deviation, as a median over the crops. It falls when a face is blurred or was enlarged from few
pixels.
"""


def grey_crops(frames: Frames, side: int) -> NDArray[np.uint8]:
    """Grey pictures (N, side, side). A new pixel is the mean of the old pixels that it covers."""
    return _resized(frames, side, "L", _box())


def colour_crops(frames: Frames, side: int, resample: int | None = None) -> NDArray[np.uint8]:
    """RGB pictures (N, side, side, 3).

    Args:
        frames: face crops of one person.
        side: width and height of the result in pixels.
        resample: Pillow's number of a resampling filter; ``None`` takes the mean, as ``grey_crops`` does.
    """
    return _resized(frames, side, "RGB", _box() if resample is None else resample)


def quality_of(frames: Frames, side: int) -> Float32:
    """Quality of the crops, float32 (2,); see ``QUALITY``."""
    return np.asarray([_side(frames), np.median([_sharpness(g) for g in grey_crops(frames, side)])], np.float32)


def frontal_of(frames: Frames) -> float:
    """How much of the face the camera sees: cosine of yaw times that of pitch, as a median over the frames.

    It is 1 for a face that looks straight at the camera, and 0 where the points of the face were not found, as on drawings
    and covered faces. Where nobody looked for the points (``pose`` is ``None``), it is 1, because nothing speaks against it.
    """
    if frames.pose is None:
        return 1.0
    cosines = np.cos(np.radians(frames.pose[:, :2])).prod(axis=1)
    return float(np.median(np.nan_to_num(cosines, nan=0.0)))


def _box() -> int:
    from PIL import Image

    return int(Image.Resampling.BOX)


def _resized(frames: Frames, side: int, mode: str, resample: int) -> NDArray[np.uint8]:
    from PIL import Image

    def one(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        picture = Image.fromarray(pixels).convert(mode)
        if picture.size != (side, side):
            picture = picture.resize((side, side), Image.Resampling(resample), reducing_gap=None)
        return np.asarray(picture)

    return np.stack([one(p) for p in frames.pixels])


def _side(frames: Frames) -> float:
    if frames.boxes is None:
        return float(min(frames.pixels.shape[1:3]))
    boxes = frames.boxes
    return float(np.median(np.minimum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])))


def _sharpness(grey: NDArray[np.uint8]) -> float:
    picture = grey.astype(np.float32)
    gradient = np.abs(np.diff(picture, axis=0)).mean() + np.abs(np.diff(picture, axis=1)).mean()
    return float(gradient / (picture.std() + 4.0))
