"""Aligned face crops as small grey pictures, for a VGG in miniature."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mien.encoders.base import encoders
from mien.encoders.face_cnn import FaceCNN

if TYPE_CHECKING:
    from torch import nn


@encoders.register
class FaceVGG(FaceCNN):
    """What ``face_cnn`` prepares, for the VGG13 of the FER+ paper (Barsoum et al. 2016, arXiv 1608.01041) in miniature.

    Args:
        side: pixels; the paper's pictures are 64 wide, FER+ itself has 48.
        width: channels of the first layers; the paper has 64.
    """

    def __init__(self, side: int = 48, width: int = 16) -> None:
        super().__init__(side, width)

    def network(self) -> nn.Module:
        """An untrained VGG."""
        from mien.networks.vgg import FaceVGGNetwork

        return FaceVGGNetwork(self.width)
