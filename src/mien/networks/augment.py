"""Random changes of grey faces that leave the expression as it is: what cameras, detectors and codecs do to a face."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

_BLOCK = 8  # pixels; JPEG and H.264 transform squares of this size
_NARROW, _WIDE = (0.88, 1.14), (0.65, 1.3)


def augment_faces(faces: Tensor) -> Tensor:
    """Changed faces float32 (N, 1, H, W), values from 0 to 255, as they come in.

    Every face is framed and lit anew. Some lose detail, get blurred or cut into blocks by a codec, get noise, or are partly
    covered. The random numbers are drawn on the CPU, so one seed gives the same changes on every device.
    """
    faces = _lit(_framed(faces))
    faces = _coarse(faces, share=0.2)
    faces = _blurred(faces, share=0.15)
    faces = _noisy(faces, share=0.2)
    faces = _blocky(faces, share=0.15)
    return _covered(faces.clamp(0, 255), share=0.3)


def _uniform(size: tuple[int, ...], low: float, high: float) -> Tensor:
    return torch.rand(size) * (high - low) + low


def _chosen(faces: Tensor, share: float) -> Tensor:
    """Indices of a random share of the faces."""
    return (torch.rand(len(faces)) < share).nonzero().squeeze(1).to(faces.device)


def _framed(faces: Tensor) -> Tensor:
    """Mirror, turn, scale, stretch, shear, shift, and slant as in perspective.

    Half of the faces keep about the usual framing, because most crops will have it. The others are from 0.65 to 1.3 times
    as wide.
    """
    count = len(faces)
    wide = torch.rand(count) < 0.5
    low, high = (torch.where(wide, w, n).log() for w, n in zip(torch.tensor(_WIDE), torch.tensor(_NARROW), strict=True))
    scale = (low + (high - low) * torch.rand(count)).exp()
    angle = _uniform((count,), -0.26, 0.26)
    stretch = _uniform((count,), -0.12, 0.12).exp()  # pixels that are not square, and heads that turn or nod
    shear = _uniform((count,), -0.12, 0.12)
    mirror = torch.where(torch.rand(count) < 0.5, -1.0, 1.0)
    cos, sin = scale * torch.cos(angle), scale * torch.sin(angle)
    first = torch.stack([mirror * cos * stretch, shear * cos - sin / stretch, _uniform((count,), -0.12, 0.12)], dim=1)
    second = torch.stack([mirror * sin * stretch, shear * sin + cos / stretch, _uniform((count,), -0.12, 0.12)], dim=1)
    depth = torch.cat([_uniform((count, 2), -0.12, 0.12), torch.ones(count, 1)], dim=1)
    places = torch.stack([first, second, depth], dim=1)  # (N, 3, 3), a homography
    height, width = faces.shape[-2:]
    y, x = torch.meshgrid(_centres(height), _centres(width), indexing="ij")
    flat = torch.stack([x, y, torch.ones_like(x)]).reshape(3, -1)
    moved = places @ flat
    grid = (moved[:, :2] / moved[:, 2:]).transpose(1, 2).reshape(count, height, width, 2).to(faces)
    return functional.grid_sample(faces, grid, padding_mode="border", align_corners=False)


def _centres(size: int) -> Tensor:
    return (torch.arange(size) * 2 + 1) / size - 1


def _lit(faces: Tensor) -> Tensor:
    """Gamma, contrast that may clip, and light from one side."""
    size = (len(faces), 1, 1, 1)
    gamma = _uniform(size, -0.4, 0.4).exp().to(faces)
    bent = 255 * (faces / 255).clamp(min=1e-4) ** gamma
    gain, lift = _uniform(size, 0.6, 1.3).to(faces), _uniform(size, -25, 25).to(faces)
    lit = (bent - 128) * gain + 128 + lift
    y, x = torch.meshgrid(_centres(faces.shape[-2]), _centres(faces.shape[-1]), indexing="ij")
    slope = _uniform((2, *size), -0.35, 0.35) * (torch.rand(size) < 0.5)
    return (lit * (1 + slope[0] * x + slope[1] * y).to(faces)).clamp(0, 255)


def _coarse(faces: Tensor, share: float) -> Tensor:
    """Lose detail, as faces of 17 to 40 pixels do."""
    side = faces.shape[-1]
    for rows in _chosen(faces, share).chunk(3):
        if len(rows):
            small = round(side * float(_uniform((1,), math.log(0.35), math.log(0.85)).exp()))
            few = functional.interpolate(faces[rows], size=(small, small), mode="area")
            many = functional.interpolate(few, size=faces.shape[-2:], mode="bilinear", align_corners=False)
            faces = faces.index_copy(0, rows, many)
    return faces


def _blurred(faces: Tensor, share: float) -> Tensor:
    """A lens out of focus, or a movement: a Gaussian kernel that is longer in one direction."""
    rows = _chosen(faces, share)
    if not len(rows):
        return faces
    angle, long = _uniform((len(rows), 1, 1), 0, math.pi), _uniform((len(rows), 1, 1), 0.4, 1.4)
    short = long * _uniform((len(rows), 1, 1), 0.2, 1.0)
    y, x = torch.meshgrid(torch.arange(-3.0, 4.0), torch.arange(-3.0, 4.0), indexing="ij")
    along, across = x * torch.cos(angle) + y * torch.sin(angle), y * torch.cos(angle) - x * torch.sin(angle)
    kernel = torch.exp(-0.5 * ((along / long) ** 2 + (across / short) ** 2))
    kernel = (kernel / kernel.sum(dim=(1, 2), keepdim=True)).unsqueeze(1).to(faces)
    padded = functional.pad(faces[rows].transpose(0, 1), (3, 3, 3, 3), mode="replicate")
    return faces.index_copy(0, rows, functional.conv2d(padded, kernel, groups=len(rows)).transpose(0, 1))


def _noisy(faces: Tensor, share: float) -> Tensor:
    """The noise of a sensor, with a deviation up to 10 of 255."""
    strength = _uniform((len(faces), 1, 1, 1), 0, 10) * (torch.rand(len(faces), 1, 1, 1) < share)
    return faces + (strength * torch.randn(faces.shape)).to(faces)


def _blocky(faces: Tensor, share: float) -> Tensor:
    """Round the cosine transform of blocks of 8 x 8 pixels, as JPEG and H.264 do. The blocks begin at a random pixel."""
    rows = _chosen(faces, share)
    if not len(rows):
        return faces
    height, width = faces.shape[-2:]
    top, left = (int(v) for v in torch.randint(0, _BLOCK, (2,)))
    right, bottom = (-(left + width)) % _BLOCK, (-(top + height)) % _BLOCK
    padded = functional.pad(faces[rows], (left, right, top, bottom), mode="replicate")
    down, over = padded.shape[-2] // _BLOCK, padded.shape[-1] // _BLOCK
    blocks = padded.reshape(len(rows), down, _BLOCK, over, _BLOCK).transpose(2, 3)
    basis = _cosines().to(faces)
    strength = _uniform((len(rows), 1, 1, 1, 1), math.log(0.4), math.log(2.5)).exp().to(faces)
    step = strength * _steps().to(faces)
    coded = (basis @ blocks @ basis.T / step).round() * step
    whole = (basis.T @ coded @ basis).transpose(2, 3).reshape(padded.shape)
    return faces.index_copy(0, rows, whole[..., top : top + height, left : left + width])


def _cosines() -> Tensor:
    """The matrix of the orthonormal discrete cosine transform, (8, 8)."""
    k, n = torch.arange(_BLOCK).view(-1, 1), torch.arange(_BLOCK).view(1, -1)
    basis = torch.cos(math.pi * (2 * n + 1) * k / (2 * _BLOCK)) * math.sqrt(2 / _BLOCK)
    basis[0] /= math.sqrt(2)
    return basis


def _steps() -> Tensor:
    """How coarsely each frequency is stored, (8, 8): about as in the luminance table of JPEG, coarser for fine detail."""
    k = torch.arange(_BLOCK)
    return 10.0 + 6.0 * (k.view(-1, 1) + k.view(1, -1))


def _covered(faces: Tensor, share: float) -> Tensor:
    """Cover one rectangle in grey or noise (cutout, DeVries and Taylor, arXiv 1708.04552; Zhong et al., arXiv 1708.04896)."""
    count, _, height, width = faces.shape
    covers = torch.rand(count, 1, 1, 1) < share
    tall = torch.randint(height // 8, height * 3 // 8, (count, 1, 1, 1)) * covers
    broad = torch.randint(width // 8, width * 3 // 8, (count, 1, 1, 1)) * covers
    top = (torch.rand(count, 1, 1, 1) * (height - tall)).long()
    left = (torch.rand(count, 1, 1, 1) * (width - broad)).long()
    y, x = torch.arange(height).view(1, 1, -1, 1), torch.arange(width).view(1, 1, 1, -1)
    hidden = (y >= top) & (y < top + tall) & (x >= left) & (x < left + broad)
    speckle = torch.randn(faces.shape) * _uniform((count, 1, 1, 1), 0, 40)
    cover = (_uniform((count, 1, 1, 1), 20, 235) + speckle).clamp(0, 255)
    return torch.where(hidden.to(faces.device), cover.to(faces), faces)
