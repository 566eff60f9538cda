"""SmoothQuant on a product whose inputs have one channel that is far larger than the others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from torch import Tensor, nn

from mien.export.graphs import encoder_graph
from mien.export.quantise import to_int8
from mien.export.smoothing import Feed, smooth
from mien.runtime import threads
from mien.types import Float32, Track


class TwoMaps(nn.Module):
    """Two maps of one input, and one of what follows."""

    def __init__(self, size: int = 64) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.one, self.two = nn.Linear(64, size), nn.Linear(64, size)
        self.last = nn.Linear(size, 2 * size, bias=False)

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        states: Tensor = self.last(torch.relu(self.one(values)) + self.two(values)) * mask.unsqueeze(-1)
        return states


def inputs(seed: int) -> Float32:
    values = np.random.default_rng(seed).normal(size=(7, 64)).astype(np.float32)
    values[:, 3] *= 400
    return values


def feed(values: Float32) -> Feed:
    return {"values": values[None], "mask": np.ones((1, len(values)), bool)}


def answers(proto: onnx.ModelProto, folder: Path, values: Float32) -> Float32:
    path = folder / "graph.onnx"
    onnx.save(proto, path)
    (found,) = threads.open_graph(path).run(None, feed(values))
    given: Float32 = found[0]
    return given


def test_the_graph_computes_the_same_in_float_and_nearly_the_same_in_int8(tmp_path: Path) -> None:
    module = TwoMaps().eval()
    with torch.no_grad():
        module.one.weight[:, 3] /= 400  # as in trained networks, where large channels have small weights
        module.two.weight[:, 3] /= 400
        expected = module(torch.from_numpy(inputs(9)), torch.ones(7, dtype=torch.bool)).numpy()
    proto = encoder_graph(module, Track(np.arange(7.0), inputs(0)))
    plain = onnx.ModelProto()
    plain.CopyFrom(proto)
    feeds = [feed(inputs(seed)) for seed in range(4)]
    smoothed = smooth(proto, feeds)
    assert sum(node.op_type == "Mul" and "_smooth" in node.output[0] for node in smoothed.graph.node) == 2, (
        "maps of one input share its division"
    )
    np.testing.assert_allclose(answers(smoothed, tmp_path, inputs(9)), expected, rtol=1e-3, atol=1e-4)

    def error(quantised: onnx.ModelProto) -> float:
        return float(np.abs(answers(quantised, tmp_path, inputs(9)) - expected).mean())

    coarse = error(to_int8(plain))
    fine = error(to_int8(plain, feeds))
    assert fine < 0.3 * coarse
    assert fine < 0.05 * float(np.abs(expected).mean())


def test_int8_without_inputs_stays_as_it_was() -> None:
    proto = encoder_graph(TwoMaps().eval(), Track(np.arange(7.0), inputs(0)))
    assert not any("_smooth" in name for node in to_int8(proto).graph.node for name in node.output)


@pytest.mark.parametrize("channel", [0, 5])
def test_a_channel_that_is_always_zero_breaks_nothing(channel: int, tmp_path: Path) -> None:
    module = TwoMaps().eval()
    values = inputs(1)
    values[:, channel] = 0
    smoothed = smooth(encoder_graph(module, Track(np.arange(7.0), values)), [feed(values)])
    with torch.no_grad():
        expected = module(torch.from_numpy(inputs(2)), torch.ones(7, dtype=torch.bool)).numpy()
    np.testing.assert_allclose(answers(smoothed, tmp_path, inputs(2)), expected, rtol=1e-2, atol=1e-2)


def test_maps_to_fewer_channels_are_stored_in_int8_and_computed_in_float(tmp_path: Path) -> None:
    module = TwoMaps(32).eval()
    proto = to_int8(encoder_graph(module, Track(np.arange(7.0), inputs(0))))
    kinds = [node.op_type for node in proto.graph.node]
    assert kinds.count("DequantizeLinear") == 2, "the first two have more rows than columns"
    assert kinds.count("MatMulInteger") == 1
    large = [t for t in proto.graph.initializer if np.prod(t.dims) >= 32 * 16]
    assert {t.data_type for t in large} == {onnx.TensorProto.INT8}
    with torch.no_grad():
        expected = module(torch.from_numpy(inputs(9)), torch.ones(7, dtype=torch.bool)).numpy()
    found = answers(proto, tmp_path, inputs(9))
    assert np.abs(found - expected).mean() < 0.05 * np.abs(expected).mean()
