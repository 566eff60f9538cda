"""Colour face crops for two convolutions, the plainest picture network there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mien.encoders._front.crops import QUALITY, colour_crops, quality_of
from mien.encoders.base import Encoder, encoders
from mien.types import Modality, Segment, Track

if TYPE_CHECKING:
    from torch import nn

_GREY_SIDE = 48  # quality is measured on crops as small as those of the other encoders


@encoders.register
class FaceConv(Encoder):
    """RGB crops uint8 (T, side, side, 3) for two convolutions and a linear map: the picture branch of the usual tutorial.

    Quality: size and sharpness, see ``_front/crops.py``.

    Args:
        side: pixels; a multiple of 4.
        dim: size of the vector of a picture.
    """

    modality: Modality = "face"
    quality_names: tuple[str, ...] = QUALITY

    def __init__(self, side: int = 128, dim: int = 64) -> None:
        self.side, self.dim = side, dim

    @property
    def settings(self) -> dict[str, object]:
        """The arguments that rebuild this encoder."""
        return {"side": self.side, "dim": self.dim}

    def prepare(self, segment: Segment) -> Track | None:
        """Colour crops; ``None`` without a face."""
        frames = segment.frames
        if frames is None or not len(frames):
            return None
        values = colour_crops(frames, self.side)
        return Track(np.asarray(frames.times, np.float64), values, quality_of(frames, _GREY_SIDE))

    def network(self) -> nn.Module:
        """Two untrained convolutions."""
        from mien.networks.plain import PlainPicture

        return PlainPicture(self.side, self.dim)
