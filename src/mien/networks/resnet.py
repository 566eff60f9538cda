"""A small residual network for 48 x 48 grey faces (after He et al. 2016, arXiv 1512.03385)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from mien.networks.augment import augment_faces


class _Gate(nn.Module):
    """Weighs the channels by what the whole picture shows (squeeze and excitation, Hu et al. 2018, arXiv 1709.01507)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        few = max(1, channels // 8)
        self.layers = nn.Sequential(nn.Linear(channels, few), nn.ReLU(), nn.Linear(few, channels), nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        weights: Tensor = self.layers(x.mean(dim=(2, 3)))
        return x * weights[:, :, None, None]


class _Block(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
            nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False),
            nn.BatchNorm2d(outputs),
            _Gate(outputs),
        )
        self.skip: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            # Pooling before the 1 x 1 convolution keeps what a strided one would ignore (ResNet-D, arXiv 1812.01187).
            self.skip = nn.Sequential(
                nn.AvgPool2d(stride), nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.body(x) + self.skip(x))


class FaceResNet(nn.Module):
    """Faces uint8 (B, T, H, W), mask bool (B, T) -> one vector per frame (B, T, 8 * width).

    In training the faces are changed at random, see ``augment_faces``.

    Args:
        width: channels of the first block.
        dropout: share of the vector dropped in training.
    """

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.dim = 8 * width
        self.stem = nn.Sequential(
            nn.Conv2d(1, width // 2, 3, 1, 1, bias=False),
            nn.BatchNorm2d(width // 2),
            nn.ReLU(),
            nn.Conv2d(width // 2, width, 3, 2, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
        )
        self.blocks = nn.Sequential(
            _Block(width, width),
            _Block(width, 2 * width, 2),
            _Block(2 * width, 2 * width),
            _Block(2 * width, 4 * width, 2),
            _Block(4 * width, 4 * width),
            _Block(4 * width, 8 * width, 2),
        )
        self.drop = nn.Dropout(dropout)

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """One vector per frame. Each frame is processed alone, so ``mask`` is not needed."""
        batch, time, height, side = values.shape
        faces = values.reshape(batch * time, 1, height, side).float()
        if self.training:
            faces = augment_faces(faces)
        faces = standardise(faces).contiguous(memory_format=torch.channels_last)
        states = self.blocks(self.stem(faces)).mean(dim=(2, 3))
        vectors: Tensor = self.drop(states).reshape(batch, time, self.dim)
        return vectors


def standardise(faces: Tensor) -> Tensor:
    """Mean 0 and about deviation 1 for each picture, so that light and contrast of the camera do not matter."""
    x = faces.float()
    centred = x - x.mean(dim=(2, 3), keepdim=True)
    spread = centred.square().mean(dim=(2, 3), keepdim=True).sqrt()
    return centred / (spread + 10.0)
