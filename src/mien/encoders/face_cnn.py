"""Aligned face crops as small grey pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mien.encoders.base import Encoder, encoders
from mien.types import Frames, Modality, Segment, Track

if TYPE_CHECKING:
    from torch import nn


@encoders.register
class FaceCNN(Encoder):
    """Grey crops for a small residual network of our own.

    The track holds uint8 (T, side, side). Quality: median side of the face in the source picture (pixels), and
    sharpness: the mean absolute gradient of the crop over its standard deviation, which falls when a face is blurred
    or was enlarged from few pixels.

    Args:
        side: pixels; FER+ pictures are 48 wide.
        width: channels of the first layer of the network.
    """

    modality: Modality = "face"
    quality_names: tuple[str, ...] = ("side_px", "sharpness")

    def __init__(self, side: int = 48, width: int = 32) -> None:
        self.side = side
        self.width = width

    @property
    def settings(self) -> dict[str, object]:
        """The arguments that rebuild this encoder."""
        return {"side": self.side, "width": self.width}

    def prepare(self, segment: Segment) -> Track | None:
        """Grey crops; ``None`` without a face."""
        frames = segment.frames
        if frames is None or not len(frames):
            return None
        grey = np.stack([self._grey(picture) for picture in frames.pixels])
        quality = np.asarray([_side(frames), np.median([_sharpness(g) for g in grey])], np.float32)
        return Track(np.asarray(frames.times, np.float64), grey, (), quality)

    def network(self) -> nn.Module:
        """An untrained residual network."""
        from mien.networks.resnet import FaceResNet

        return FaceResNet(self.width)

    def _grey(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        from PIL import Image

        picture = Image.fromarray(pixels).convert("L")
        if picture.size != (self.side, self.side):
            picture = picture.resize((self.side, self.side), Image.Resampling.BOX, reducing_gap=None)
        return np.asarray(picture)


def _side(frames: Frames) -> float:
    if frames.boxes is None:
        return float(min(frames.pixels.shape[1:3]))
    boxes = frames.boxes
    return float(np.median(np.minimum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])))


def _sharpness(grey: NDArray[np.uint8]) -> float:
    picture = grey.astype(np.float32)
    gradient = np.abs(np.diff(picture, axis=0)).mean() + np.abs(np.diff(picture, axis=1)).mean()
    return float(gradient / (picture.std() + 4.0))
