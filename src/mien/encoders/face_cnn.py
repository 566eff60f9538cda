"""Aligned face crops as small grey pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mien.encoders._front.crops import POSE, QUALITY, frontal_of, grey_crops, quality_of
from mien.encoders.base import Encoder, encoders
from mien.recipe import strict
from mien.types import Modality, Segment, Track

if TYPE_CHECKING:
    from torch import nn


@encoders.register
class FaceCNN(Encoder):
    """Grey crops for a small residual network that is trained from the start.

    The track holds uint8 (T, side, side). Quality: size and sharpness, and with ``pose`` how much the face is turned to the
    camera; see ``_front/crops.py``.

    Args:
        side: width and height of a crop in pixels; FER+ pictures have 48.
        width: channels of the first layer of the network.
        dropout: share of a face's vector dropped in training.
        pose: whether the quality has the pose of the head.
    """

    modality: Modality = "face"
    quality_names: tuple[str, ...] = QUALITY
    by_row: bool = True

    def __init__(self, side: int = 48, width: int = 32, dropout: float = 0.3, pose: bool = False) -> None:
        self.side = strict.within("side", side, 8, 2048)
        self.width, self.dropout, self.pose = width, dropout, pose
        if pose:
            self.quality_names = (*QUALITY, POSE)

    @property
    def settings(self) -> dict[str, object]:
        """The arguments that rebuild this encoder."""
        return {"side": self.side, "width": self.width, "dropout": self.dropout, "pose": self.pose}

    @property
    def identity(self) -> dict[str, object]:
        """What the crops depend on; the network is not part of it."""
        return {"version": self.version, "side": self.side, "pose": self.pose}

    def prepare(self, segment: Segment) -> Track | None:
        """Grey crops; ``None`` without a face."""
        frames = segment.frames
        if frames is None or not len(frames):
            return None
        times = np.asarray(frames.times, np.float64)
        quality = quality_of(frames, self.side)
        if self.pose:
            quality = np.append(quality, np.float32(frontal_of(frames)))
        return Track(times, grey_crops(frames, self.side), quality)

    def network(self) -> nn.Module:
        """An untrained residual network."""
        from mien.networks.resnet import FaceResNet

        return FaceResNet(self.width, self.dropout)
