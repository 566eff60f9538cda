"""Aligned face crops as small grey pictures, for a small VGG."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mien.encoders.base import encoders
from mien.encoders.face_cnn import FaceCNN

if TYPE_CHECKING:
    from torch import nn


@encoders.register
class FaceVGG(FaceCNN):
    """The crops of ``face_cnn``, for a small VGG13 as in the FER+ paper (Barsoum et al. 2016, arXiv 1608.01041).

    Args:
        side: width and height of a crop in pixels; the paper has 64, FER+ itself has 48.
        width: channels of the first layers; the paper has 64.
    """

    def __init__(self, side: int = 48, width: int = 16) -> None:
        super().__init__(side, width)

    def network(self) -> nn.Module:
        """An untrained VGG."""
        from mien.networks.vgg import FaceVGGNetwork

        return FaceVGGNetwork(self.width)
