"""Random changes of faces that leave the expression as it is."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def _uniform(size: tuple[int, ...], reach: float) -> Tensor:
    return (torch.rand(size) * 2 - 1) * reach


def jitter_faces(faces: Tensor) -> Tensor:
    """Mirror, turn (14 degrees), scale (12 %), shift (6 %), re-light and partly cover standardised faces (N, 1, H, W).

    The random numbers are drawn on the CPU, so one seed gives the same changes on every device.
    """
    count = len(faces)
    angle, scale = _uniform((count,), 0.25), 1 + _uniform((count,), 0.12)
    mirror = torch.where(torch.rand(count) < 0.5, -1.0, 1.0)
    warp = torch.zeros(count, 2, 3)
    warp[:, 0, 0], warp[:, 0, 1] = mirror * scale * torch.cos(angle), -scale * torch.sin(angle)
    warp[:, 1, 0], warp[:, 1, 1] = mirror * scale * torch.sin(angle), scale * torch.cos(angle)
    warp[:, :, 2] = _uniform((count, 2), 0.12)
    grid = functional.affine_grid(warp, list(faces.shape), align_corners=False).to(faces)
    moved = functional.grid_sample(faces, grid, padding_mode="border", align_corners=False)
    gain, lift = (_uniform((count, 1, 1, 1), 0.3).to(faces) for _ in range(2))
    return _cover(moved * (1 + gain) + lift)


def _cover(faces: Tensor) -> Tensor:
    """Blank one square of 8 to 17 pixels in three of ten faces (cutout, DeVries and Taylor, arXiv 1708.04552)."""
    count, _, height, width = faces.shape
    side = torch.randint(8, 18, (count, 1, 1, 1)) * (torch.rand(count, 1, 1, 1) < 0.3)
    top = (torch.rand(count, 1, 1, 1) * (height - side)).long()
    left = (torch.rand(count, 1, 1, 1) * (width - side)).long()
    y, x = torch.arange(height).view(1, 1, -1, 1), torch.arange(width).view(1, 1, 1, -1)
    hidden = (y >= top) & (y < top + side) & (x >= left) & (x < left + side)
    return faces.masked_fill(hidden.to(faces.device), 0.0)
