"""A small version of the VGG13 of the FER+ paper."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mien.networks.augment import augment_faces
from mien.networks.resnet import standardise


class FaceVGGNetwork(nn.Module):
    """Grey faces uint8 (B, T, H, W), mask bool (B, T) -> one vector per frame (B, T, 4 * width).

    It has ten convolutions in the order of Barsoum et al. 2016 (arXiv 1608.01041). A mean over places replaces their two layers
    of 1,024, and batch norm is added, so that the network can learn from few pictures.
    """

    def __init__(self, width: int = 16, dropout: float = 0.25) -> None:
        super().__init__()
        self.dim = 4 * width
        layers: list[nn.Module] = []
        inputs = 1
        for outputs, count in ((width, 2), (2 * width, 2), (4 * width, 3), (4 * width, 3)):
            for _ in range(count):
                layers += [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
                inputs = outputs
            layers += [nn.MaxPool2d(2), nn.Dropout(dropout)]
        self.layers = nn.Sequential(*layers)

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """One vector per frame; each frame is processed alone."""
        batch, time, height, side = values.shape
        faces = values.reshape(batch * time, 1, height, side).float()
        if self.training:
            faces = augment_faces(faces)
        states: Tensor = self.layers(standardise(faces).contiguous(memory_format=torch.channels_last)).mean(dim=(2, 3))
        return states.reshape(batch, time, self.dim)
