"""Every registered fusion keeps the contract, because it is registered."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from mien.errors import RecipeError
from mien.fusion.base import Fused, Fusion, fusions, present
from mien.model import heads
from mien.networks.pooled import pooled
from mien.recipe.sections import Loss
from mien.testing import check_fusion
from mien.types import EMOTION, MODALITIES, Modality, Task
from tests.conftest import ROOT

PAIR: tuple[Modality, ...] = ("voice", "face")
VARIANTS = [{"name": name} for name in fusions.names()] + [{"name": "pooling", "how": "max"}]
PARTS = pytest.mark.parametrize("table", VARIANTS, ids=lambda table: "-".join(table.values()))
XOR = Task("xor", "single", ("equal", "different"))


def build(table: dict[str, Any], modalities: tuple[Modality, ...] = MODALITIES, task: Task = EMOTION) -> Fusion:
    torch.manual_seed(0)
    dims = dict(zip(modalities, (6, 5, 4), strict=False))
    return fusions.build(table, dims=dims, quality=dict.fromkeys(modalities, 2), tasks=(task,))


@PARTS
@pytest.mark.parametrize("modalities", [MODALITIES, PAIR, PAIR[:1]], ids=len)
def test_contract(table: dict[str, str], modalities: tuple[Modality, ...]) -> None:
    check_fusion(build(table, modalities))


@PARTS
def test_it_joins_on_the_device_it_is_on(table: dict[str, str]) -> None:
    """The device "meta" computes no values, and refuses what lies elsewhere as a GPU does."""
    fusion = build(table).to("meta").train()
    states = [torch.randn(3, time, dim, device="meta") for time, dim in zip((5, 7, 1), fusion.dims, strict=True)]
    masks = [torch.ones(s.shape[:2], dtype=torch.bool, device="meta") for s in states]
    quality, times = [torch.ones(3, 2, device="meta")] * 3, [torch.ones(s.shape[:2], device="meta") for s in states]
    fused = fusion(states, masks, quality, times)
    targets, shares = torch.ones(3, 7, device="meta"), torch.ones(7, device="meta")
    losses = heads.loss(
        EMOTION, fusion.head(EMOTION).to("meta")(fused.vector), targets, Loss(1.0, "balanced", 1.0, 0.1), shares
    )
    assert fused.weights.is_meta
    assert losses.is_meta
    # What is seen of the training data lies on the CPU.
    fusion.observe("voice", {"emotion": torch.ones(7)}, torch.rand(9, 2))


@PARTS
@pytest.mark.parametrize("task", [EMOTION, Task("text", "single", ("a", "b"))], ids=["emotion", "text"])
def test_parts_of_a_modality_are_its_own(table: dict[str, str], task: Task) -> None:
    """They are parts that there are, and no part serves two modalities; whatever a task is called."""
    fusion = build(table, task=task)
    names = list(fusion.state_dict())
    owners: dict[str, list[Modality]] = {}
    for modality in MODALITIES:
        for part in fusion.parts_of(modality):
            own = [name for name in names if name == part or name.startswith(f"{part}.")]
            assert own, f"{part} is no part"
            for name in own:
                owners.setdefault(name, []).append(modality)
    assert all(len(found) == 1 for found in owners.values()), owners


def interaction(count: int) -> tuple[list[list[Tensor]], Tensor]:
    """Each modality hides one bit in its rows; the label is whether the bits differ, so neither alone says anything."""
    bits = torch.randint(0, 2, (count, 2))
    rows = [0.5 * torch.randn(count, 2, dim) + (2.0 * bits[:, i] - 1)[:, None, None] for i, dim in enumerate((6, 5))]
    masks = [torch.ones(count, 2, dtype=torch.bool) for _ in rows]
    times = [torch.arange(2.0).expand(count, 2) for _ in rows]
    return [rows, masks, [torch.ones(count, 2) for _ in rows], times], bits[:, 0] ^ bits[:, 1]


def learn(fusion: Fusion, head: nn.Module, steps: int = 45) -> None:
    optimizer = torch.optim.Adam([*fusion.parameters(), *head.parameters()], lr=0.01)
    for _ in range(steps):
        given, truth = interaction(48)
        loss = nn.functional.cross_entropy(head(fusion.train()(*given).vector), truth)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch lacks the annotation
        optimizer.step()
    fusion.eval()


@PARTS
def test_learns_what_only_two_modalities_together_say(table: dict[str, str]) -> None:
    additive = table["name"] in ("late", "channel")
    fusion = build(table if additive else {**table, "hidden": 32}, PAIR, XOR)
    head = fusion.head(XOR)
    learn(fusion, head)
    given, truth = interaction(1000)
    with torch.no_grad():
        logits = head(fusion(*given).vector)
    if additive:
        # The log odds of the pool are a sum over modalities: it cannot know, and should say so (log 2 is a coin).
        assert float(nn.functional.cross_entropy(logits, truth)) == pytest.approx(math.log(2), abs=0.02)
    else:
        assert float((logits.argmax(dim=1) == truth).float().mean()) > 0.95


@pytest.mark.parametrize("name", fusions.names())
def test_the_docs_have_a_row(name: str) -> None:
    assert f"\n| `{name}` | " in (ROOT / "docs" / "fusions.md").read_text(encoding="utf-8")


class Faulty(Fusion):
    """The mean of two modalities, with one promise broken."""

    def __init__(self, fault: str) -> None:
        super().__init__({"voice": 4, "face": 4}, {"voice": 1, "face": 1}, (EMOTION,))
        self.dim, self.fault = 4, fault

    def forward(self, states: list[Tensor], masks: list[Tensor], quality: list[Tensor], times: list[Tensor]) -> Fused:
        here = present(masks)
        shares = here / here.sum(dim=1, keepdim=True)
        vectors = torch.stack([self.mean(s, k) for s, k in zip(states, masks, strict=True)], dim=1)
        vector = (shares.unsqueeze(-1) * vectors).sum(dim=1)
        if self.fault == "holds":
            vector = vector + quality[0]
        if self.fault == "finite":
            vector = vector / (here.sum(dim=1, keepdim=True) - 1)
        if self.fault == "batch":
            vector = vector - vector.mean(dim=0)
        return Fused(vector, shares / 2 if self.fault == "sum to 1" else shares)

    def mean(self, states: Tensor, mask: Tensor) -> Tensor:
        if self.fault == "padding":
            return states.mean(dim=1)
        return pooled(states.detach() if self.fault == "gradients" else states, mask)


@pytest.mark.parametrize("fault", ["padding", "batch", "holds", "sum to 1", "gradients", "finite"])
def test_a_broken_promise_is_named(fault: str) -> None:
    with pytest.raises(AssertionError, match=f"does not hold: .*{fault}"):
        check_fusion(Faulty(fault))


def test_a_kept_promise_passes() -> None:
    check_fusion(Faulty(""))


def test_the_late_pool_refuses_other_kinds_of_task() -> None:
    with pytest.raises(RecipeError, match="single-label tasks only"):
        build({"name": "late"}, task=Task("valence", "score", bounds=(-3, 3)))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"name": "pooling", "how": "median"}, "the mean or the max of modalities, not 'median'"),
        ({"name": "transformer", "hidden": 10}, "make hidden a multiple of heads"),
        ({"name": "bottleneck", "layers": 1}, "at least 2 layers"),
        ({"name": "moe", "experts": 8}, "'moe' takes no argument 'experts'"),
    ],
)
def test_mistakes_in_a_recipe_are_named(table: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        build(table)
