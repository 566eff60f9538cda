"""Colour face crops for two convolutions, the simplest picture network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mien.encoders._front.crops import QUALITY, colour_crops, quality_of
from mien.encoders.base import Encoder, encoders
from mien.recipe import strict
from mien.types import Modality, Segment, Track

if TYPE_CHECKING:
    from torch import nn

_GREY_SIDE = 48  # sharpness depends on the size, so all encoders compute it on crops of 48 pixels


@encoders.register
class FaceConv(Encoder):
    """RGB crops for two convolutions and a linear map, like the picture branch of many tutorials.

    The track holds uint8 (T, side, side, 3). Quality: size and sharpness, see ``_front/crops.py``.

    Args:
        side: width and height of a crop in pixels; a multiple of 4.
        dim: size of the vector of a picture.
    """

    modality: Modality = "face"
    quality_names: tuple[str, ...] = QUALITY

    def __init__(self, side: int = 128, dim: int = 64) -> None:
        self.side, self.dim = strict.within("side", side, 8, 2048), dim

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
