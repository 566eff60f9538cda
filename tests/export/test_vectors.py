"""A graph that begins with a table of vectors is parted in two, which together compute the same."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest
import torch
from torch import Tensor, nn

from mien.export.graphs import encoder_graph
from mien.export.quantise import to_int8
from mien.export.vectors import parted
from mien.types import Float32, Track

PIECES, WIDTH = 20_000, 64


class Words(nn.Module):
    def __init__(self, seed: int) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.table = nn.Embedding(PIECES, WIDTH)
        torch.manual_seed(seed)
        self.layer = nn.Linear(WIDTH, 32)

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        states: Tensor = self.layer(self.table(values)) * mask.unsqueeze(-1)
        return states


class Features(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(3, 32)

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        states: Tensor = self.layer(values) * mask.unsqueeze(-1)
        return states


def run(model: bytes, **feed: object) -> Float32:
    found: Float32 = onnxruntime.InferenceSession(model).run(None, feed)[0]
    return found


SAMPLE = Track(np.arange(5, dtype=float), np.arange(5, dtype=np.int64), np.zeros(1, np.float32))


@pytest.mark.parametrize("int8", [False, True])
def test_the_parts_compute_what_the_whole_does(int8: bool) -> None:
    whole = encoder_graph(Words(1), SAMPLE)
    whole = to_int8(whole) if int8 else whole
    before = whole.SerializeToString()
    parts = parted(whole)
    assert parts is not None
    values, mask = np.asarray([[5, 19_999, 7], [1, 2, 0]]), np.asarray([[True, True, True], [True, True, False]])
    vectors = run(parts.vectors.SerializeToString(), values=values)
    assert vectors.shape == (2, 3, WIDTH)
    found = run(parts.rest.SerializeToString(), values=vectors, mask=mask)
    # ONNX Runtime rounds activations elsewhere when it sees the whole int8 graph.
    assert found == pytest.approx(run(before, values=values, mask=mask), abs=0.02 if int8 else 1e-5)
    assert len(parts.rest.SerializeToString()) < 0.02 * len(before), "the table is in the other part"


def test_two_networks_on_one_table_share_the_file() -> None:
    first, second = (parted(encoder_graph(Words(seed), SAMPLE)) for seed in (1, 2))
    assert first is not None
    assert second is not None
    assert first.vectors.SerializeToString() == second.vectors.SerializeToString()
    assert first.rest.SerializeToString() != second.rest.SerializeToString()


def test_other_graphs_stay_whole() -> None:
    sample = Track(np.arange(5, dtype=float), np.zeros((5, 3), np.float32), np.zeros(1, np.float32))
    assert parted(encoder_graph(Features(), sample)) is None
