"""Aligned face crops as small grey pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mien.encoders._front.crops import QUALITY, grey_crops, quality_of
from mien.encoders.base import Encoder, encoders
from mien.types import Modality, Segment, Track

if TYPE_CHECKING:
    from torch import nn


@encoders.register
class FaceCNN(Encoder):
    """Grey crops for a small residual network that is trained from the start.

    The track holds uint8 (T, side, side). Quality: size and sharpness, see ``_front/crops.py``.

    Args:
        side: width and height of a crop in pixels; FER+ pictures have 48.
        width: channels of the first layer of the network.
        dropout: share of a face's vector dropped in training.
        peak: 0 keeps the frames apart. From 1 on, the network joins them, and frames that show much count more; see
            ``networks/resnet.py``.
    """

    modality: Modality = "face"
    quality_names: tuple[str, ...] = QUALITY

    def __init__(self, side: int = 48, width: int = 32, dropout: float = 0.3, peak: float = 0.0) -> None:
        self.side, self.width, self.dropout, self.peak = side, width, dropout, peak

    @property
    def settings(self) -> dict[str, object]:
        """The arguments that rebuild this encoder."""
        return {"side": self.side, "width": self.width, "dropout": self.dropout, "peak": self.peak}

    @property
    def identity(self) -> dict[str, object]:
        """What the crops depend on; the network is not part of it."""
        return {"version": self.version, "side": self.side}

    def prepare(self, segment: Segment) -> Track | None:
        """Grey crops; ``None`` without a face."""
        frames = segment.frames
        if frames is None or not len(frames):
            return None
        times = np.asarray(frames.times, np.float64)
        return Track(times, grey_crops(frames, self.side), quality_of(frames, self.side))

    def network(self) -> nn.Module:
        """An untrained residual network."""
        from mien.networks.resnet import FaceResNet

        return FaceResNet(self.width, self.dropout, self.peak)
