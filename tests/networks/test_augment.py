from __future__ import annotations

import pytest
import torch
from torch import Tensor

from mien.networks import augment
from mien.networks.augment import augment_faces


@pytest.fixture(scope="module")
def faces() -> Tensor:
    """Grey disks with eyes and a mouth, (64, 1, 48, 48)."""
    y, x = torch.meshgrid(torch.linspace(-1, 1, 48), torch.linspace(-1, 1, 48), indexing="ij")
    picture = 60.0 + 120.0 * (x**2 + y**2 < 0.6)
    for place in (-0.3, 0.3):
        picture = torch.where((x - place) ** 2 + (y + 0.25) ** 2 < 0.01, 20.0, picture)
    picture = torch.where((x.abs() < 0.3) & ((y - 0.35).abs() < 0.06), 30.0, picture)
    return picture.repeat(64, 1, 1, 1)


def test_one_seed_gives_the_same_faces(faces: Tensor) -> None:
    torch.manual_seed(3)
    one = augment_faces(faces)
    torch.manual_seed(3)
    assert torch.equal(one, augment_faces(faces))
    assert one.shape == faces.shape
    assert 0 <= float(one.min()) <= float(one.max()) <= 255
    assert not torch.equal(one, augment_faces(faces))


def test_framing_reaches_from_tight_to_wide(faces: Tensor) -> None:
    torch.manual_seed(0)
    bright = (augment._framed(faces) > 120).float().mean(dim=(1, 2, 3)) / (faces > 120).float().mean()
    # The disk covers more of a tight picture: 1 / 0.65^2 = 2.4 times as much, less what lies outside; 1 / 1.3^2 = 0.6.
    assert float(bright.max()) > 1.4
    assert float(bright.min()) < 0.7
    usual = ((bright > 0.75) & (bright < 1.3)).float().mean()
    assert 0.4 < float(usual) < 0.9, "half of the faces keep about the usual framing"


def test_blocks_are_those_of_a_codec() -> None:
    torch.manual_seed(0)
    basis = augment._cosines()
    assert torch.allclose(basis @ basis.T, torch.eye(8), atol=1e-6)
    noise = 128 + 30 * torch.randn(200, 1, 48, 48)
    coded = augment._blocky(noise, share=1.0)
    change = (coded - noise).square().mean().sqrt()
    assert 3 < float(change) < 25, "fine detail goes"
    flat = torch.full((4, 1, 48, 48), 128.0)
    assert float((augment._blocky(flat, share=1.0) - flat).abs().max()) < 4, "an even picture stays even"


def test_a_blur_keeps_the_mean_and_loses_contrast(faces: Tensor) -> None:
    torch.manual_seed(0)
    soft = augment._blurred(faces, share=1.0)
    assert float((soft.mean() - faces.mean()).abs()) < 1
    assert float(soft.diff(dim=3).abs().max()) < float(faces.diff(dim=3).abs().max())


def test_covers_hide_a_part_of_some_faces(faces: Tensor) -> None:
    torch.manual_seed(0)
    changed = (augment._covered(faces, share=0.3) != faces).float().mean(dim=(1, 2, 3))
    assert 0.15 < float((changed > 0).float().mean()) < 0.45
    assert float(changed.max()) < 0.15, "no more than 3/8 of each side"


def test_no_share_changes_nothing(faces: Tensor) -> None:
    for change in (augment._coarse, augment._blurred, augment._noisy, augment._blocky, augment._covered):
        assert torch.equal(change(faces, share=0.0), faces)
