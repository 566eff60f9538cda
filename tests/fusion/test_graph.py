"""Every fusion computes the same as a graph, for other numbers of examples and other lengths than it was traced with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.export import Dim

from mien.export.graphs import trace
from mien.fusion.base import Fusion
from mien.runtime.threads import open_graph
from tests.fusion.test_contract import PAIR, PARTS, build

Given = tuple[list[Tensor], list[Tensor], list[Tensor], list[Tensor]]


class Answer(nn.Module):
    def __init__(self, fusion: Fusion) -> None:
        super().__init__()
        self.fusion = fusion

    def forward(self, *given: list[Tensor]) -> list[Tensor]:
        return list(self.fusion(*given))


def given(fusion: Fusion, size: int, lengths: tuple[int, ...]) -> Given:
    states = [torch.randn(size, t, d) for t, d in zip(lengths, fusion.dims, strict=True)]
    masks = [torch.rand(size, t) < 0.6 for t in lengths]
    masks[0][:, 0] = True
    times = [torch.rand(size, t).sort(dim=1).values * 5 for t in lengths]
    return states, masks, [torch.rand(size, q) * 9 for q in fusion.quality_sizes], times


@pytest.mark.slow
@PARTS
def test_a_graph_answers_as_the_fusion_does(table: dict[str, str], tmp_path: Path) -> None:
    fusion = build(table, PAIR).eval()
    batch = Dim("batch", max=4096)
    lengths = [{0: batch, 1: Dim(f"{m}_time", max=16384)} for m in PAIR]
    names = [f"{m}_{part}" for part in ("states", "mask", "quality", "times") for m in PAIR]
    shapes = {"given": (lengths, lengths, [{0: batch}] * 2, lengths)}
    proto = trace(Answer(fusion), given(fusion, 2, (3, 3)), shapes, names, ["vector", "weights"])
    path = tmp_path / "fusion.onnx"
    path.write_bytes(proto.SerializeToString())
    graph = open_graph(path)
    for size, others in ((1, (1, 1)), (5, (7, 2)), (2, (1, 30))):
        asked = given(fusion, size, others)
        feed = dict(zip(names, (x.numpy() for part in asked for x in part), strict=True))
        with torch.no_grad():
            wanted = fusion(*asked)
        got = graph.run(None, {i.name: feed[i.name] for i in graph.get_inputs()})
        for one, other in zip(got, wanted, strict=True):
            np.testing.assert_allclose(one, other.numpy(), atol=1e-4)
