"""Small plain convolutional networks: two layers over a picture or a sound, and strided layers over time."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional


class PlainPicture(nn.Module):
    """RGB uint8 (B, T, side, side, 3), mask bool (B, T) -> (B, T, dim).

    Convolution, ReLU and max pooling by 2, all twice, then a linear map.
    """

    def __init__(self, side: int, dim: int) -> None:
        super().__init__()
        self.dim = dim
        self.layers = nn.Sequential(
            *(nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
            nn.Flatten(),
            nn.Linear(32 * (side // 4) ** 2, dim),
        )

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """One vector per picture; each picture is processed alone."""
        pictures = values.flatten(0, 1).movedim(-1, 1).float() / 127.5 - 1.0
        vectors: Tensor = self.layers(pictures)
        return vectors.reshape(values.shape[0], values.shape[1], self.dim)


class PlainSound(nn.Module):
    """Values (B, T, N), mask bool (B, T) -> (B, T, dim): the layers of ``PlainPicture`` along the N values of a row."""

    def __init__(self, count: int, dim: int) -> None:
        super().__init__()
        self.dim = dim
        self.layers = nn.Sequential(
            *(nn.Conv1d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool1d(2)),
            *(nn.Conv1d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool1d(2)),
            nn.Flatten(),
            nn.Linear(32 * (count // 4), dim),
        )

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """One vector per row."""
        vectors: Tensor = self.layers(values.flatten(0, 1).unsqueeze(1))
        return vectors.reshape(values.shape[0], values.shape[1], self.dim)


class Strided(nn.Module):
    """Convolutions along a sound that end with one state per row: (B, T, frames * channels) -> (B, T, width).

    Padding changes nothing: before each convolution, values after the end of a sound become zero, and after it, a layer norm
    works on the channels of a place, never over time.

    Args:
        channels: of the input; a row holds ``prod(strides)`` frames of them.
        width: channels of the last layer; the earlier layers have half of it.
        strides: one per layer.
    """

    def __init__(self, channels: int, width: int, strides: Sequence[int]) -> None:
        super().__init__()
        self.dim, self.channels, self.strides = width, channels, tuple(strides)
        widths = [width // 2] * (len(strides) - 1) + [width]
        # With a kernel of stride + 2 * padding, the length stays a whole number of rows.
        self.layers = nn.ModuleList(
            nn.Conv1d(inputs, outputs, stride + 2 * max(1, stride // 2), stride, max(1, stride // 2))
            for inputs, outputs, stride in zip([channels, *widths[:-1]], widths, strides, strict=True)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(size) for size in widths)

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """One state per row."""
        left = math.prod(self.strides)
        states = values.reshape(values.shape[0], -1, self.channels).transpose(1, 2)
        for layer, norm, stride in zip(self.layers, self.norms, self.strides, strict=True):
            heard = mask.repeat_interleave(left, dim=1).unsqueeze(1)
            states = torch.where(heard, states, torch.zeros_like(states))
            states = functional.gelu(norm(layer(states).transpose(1, 2))).transpose(1, 2)
            left //= stride
        return states.transpose(1, 2)
