from __future__ import annotations

import pytest
import torch

from mien.networks.resnet import FaceResNet


@pytest.fixture(scope="module")
def faces() -> torch.Tensor:
    return torch.randint(0, 255, (2, 5, 48, 48), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def made(width: int = 16) -> FaceResNet:
    torch.manual_seed(0)
    return FaceResNet(width, dropout=0.0).eval()


@torch.no_grad()
def test_each_frame_is_seen_alone(faces: torch.Tensor) -> None:
    mask = torch.ones(2, 5, dtype=torch.bool)
    states = made()(faces, mask)
    assert states.shape == (2, 5, 128)
    assert torch.allclose(made()(faces[1:, 2:3], mask[1:, 2:3])[0, 0], states[1, 2], atol=1e-5)
    assert made(width=4)(faces, mask).shape == (2, 5, 32)


@torch.no_grad()
def test_light_does_not_matter() -> None:
    faces = torch.randint(60, 120, (1, 1, 48, 48), generator=torch.Generator().manual_seed(1)).to(torch.uint8)
    mask = torch.ones(1, 1, dtype=torch.bool)
    brighter = faces + 60
    network = made()
    assert torch.allclose(network(faces, mask), network(brighter, mask), atol=1e-4)
