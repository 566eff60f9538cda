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
    mean = made(1.0)(faces, mask)
    assert torch.allclose(mean[0, 0], apart[0].mean(dim=0), atol=1e-5)
    assert torch.allclose(mean[1, 0], apart[1, :2].mean(dim=0), atol=1e-5)
    peaks = made(4.0)(faces, mask)
    assert peaks.shape == (2, 1, 128)
    assert bool((peaks >= mean - 1e-5).all())
    assert bool((peaks[1, 0] <= apart[1, :2].amax(dim=0) + 1e-5).all()), "padding changes nothing"


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
