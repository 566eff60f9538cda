"""A small residual network for 48 x 48 grey faces (after He et al. 2016, arXiv 1512.03385)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from mien.networks.augment import jitter_faces


class _Block(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
            nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False),
            nn.BatchNorm2d(outputs),
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

    In training the faces are turned, shifted, scaled, mirrored, re-lit and partly covered at random.
    """

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.dim = 8 * width
        self.stem = nn.Sequential(
            nn.Conv2d(1, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(2)
        )
        self.blocks = nn.Sequential(
            _Block(width, width, 1),
            _Block(width, 2 * width, 2),
            _Block(2 * width, 4 * width, 2),
            _Block(4 * width, 8 * width, 2),
        )
        self.drop = nn.Dropout(dropout)

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """One vector per frame. Each frame is processed alone, so ``mask`` is not needed."""
        batch, time, height, side = values.shape
        faces = standardise(values.reshape(batch * time, 1, height, side))
        faces = faces.contiguous(memory_format=torch.channels_last)
        if self.training:
            faces = jitter_faces(faces)
        states = self.blocks(self.stem(faces)).mean(dim=(2, 3))
        vectors: Tensor = self.drop(states).reshape(batch, time, self.dim)
        return vectors


def standardise(faces: Tensor) -> Tensor:
    """Mean 0 and about deviation 1 for each picture, so that light and contrast of the camera do not matter."""
    x = faces.float()
    centred = x - x.mean(dim=(2, 3), keepdim=True)
    spread = centred.square().mean(dim=(2, 3), keepdim=True).sqrt()
    return centred / (spread + 10.0)
