"""Every registered fusion keeps the contract, because it is registered."""

from __future__ import annotations

import pytest
import torch

from mien.fusion.base import Fusion, fusions
from mien.testing import check_fusion
from mien.types import EMOTION, MODALITIES


def build(name: str) -> Fusion:
    torch.manual_seed(0)
    dims = dict(zip(MODALITIES, (6, 5, 4), strict=True))
    return fusions.build({"name": name}, dims=dims, quality=dict.fromkeys(MODALITIES, 2), tasks=(EMOTION,))


@pytest.mark.parametrize("name", fusions.names())
def test_contract(name: str) -> None:
    check_fusion(build(name))


@pytest.mark.parametrize("name", fusions.names())
def test_learns(name: str) -> None:
    """Gradients reach every modality, and a few steps lower the loss."""
    fusion = build(name)
    head = fusion.head(EMOTION)
    states = [torch.randn(16, 3, d) for d in fusion.dims]
    masks = [torch.ones(16, 3, dtype=torch.bool) for _ in states]
    quality = [torch.ones(16, 2) for _ in states]
    times = [torch.rand(16, 3).sort(dim=1).values for _ in states]
    truth = torch.arange(16) % EMOTION.size
    optimizer = torch.optim.Adam([*fusion.parameters(), *head.parameters()], lr=0.05)
    losses = []
    for _ in range(30):
        loss = torch.nn.functional.cross_entropy(head(fusion(states, masks, quality, times).vector), truth)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch lacks the annotation
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.5 * losses[0]
