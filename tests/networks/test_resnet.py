from __future__ import annotations

import pytest
import torch

from mien.networks.resnet import FaceResNet


@pytest.fixture(scope="module")
def faces() -> torch.Tensor:
    return torch.randint(0, 255, (2, 5, 48, 48), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def made(peak: float) -> FaceResNet:
    torch.manual_seed(0)
    return FaceResNet(width=16, dropout=0.0, peak=peak).eval()


@torch.no_grad()
def test_frames_stay_apart_or_become_one(faces: torch.Tensor) -> None:
    mask = torch.tensor([[True] * 5, [True, True, False, False, False]])
    apart = made(0.0)(faces, mask)
    assert apart.shape == (2, 5, 128)
    joined = made(3.0)(faces, mask)
    assert joined.shape == (2, 1, 128)
    assert torch.allclose(joined[1, 0], made(3.0)(faces[1:, :2], mask[1:, :2])[0, 0], atol=1e-5), (
        "padding changes nothing"
    )
    lengths = apart[0].norm(dim=-1)
    weights = (3.0 * lengths / lengths.mean()).softmax(dim=0)
    assert torch.allclose(joined[0, 0], weights @ apart[0], atol=1e-5)


@torch.no_grad()
def test_one_picture_is_the_same_with_every_peak(faces: torch.Tensor) -> None:
    mask = torch.ones(2, 1, dtype=torch.bool)
    single = made(0.0)(faces[:, :1], mask)
    for peak in (1.0, 3.0, 9.0):
        assert torch.allclose(made(peak)(faces[:, :1], mask), single, atol=1e-5)


@torch.no_grad()
def test_light_does_not_matter() -> None:
    faces = torch.randint(60, 120, (1, 1, 48, 48), generator=torch.Generator().manual_seed(1)).to(torch.uint8)
    mask = torch.ones(1, 1, dtype=torch.bool)
    brighter = faces + 60
    network = made(0.0)
    assert torch.allclose(network(faces, mask), network(brighter, mask), atol=1e-4)
