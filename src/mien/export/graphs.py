"""Turns a torch module into an ONNX file: tracing, and storage in fewer bits."""

from __future__ import annotations

import logging
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.export import Dim

from mien.bundle.table import FileEntry
from mien.export.smoothing import Feed
from mien.recipe.recipe import Recipe
from mien.runtime.cache import file_sha256
from mien.types import Track


def trace(module: nn.Module, inputs: tuple[Any, ...], shapes: Any, names: list[str], outputs: list[str]) -> Any:
    """An ONNX model of a torch module.

    Args:
        module: what to trace.
        inputs: its example inputs.
        shapes: the sizes of the inputs that may change, see ``torch.export``.
        names: of the inputs.
        outputs: names of the outputs.
    """
    import onnx

    # The exporter warns about its own internals, and logs which optional packages it knows.
    for name in ("torch.onnx", "onnx_ir"):
        logging.getLogger(name).setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(scratch) / "graph.onnx"
        torch.onnx.export(
            module.eval(),
            inputs,
            str(path),
            dynamo=True,
            input_names=names,
            output_names=outputs,
            dynamic_shapes=shapes,
            external_data=False,
            verbose=False,
        )
        proto = onnx.load(path)
    # The exporter writes the lines of code of each node, with paths of this machine. They are removed.
    for node in proto.graph.node:
        del node.metadata_props[:]
    return proto


def encoder_graph(network: nn.Module, sample: Track) -> Any:
    """An ONNX model of (values, mask) -> states."""
    # There are two rows of three steps, because the tracer takes a length of one as a constant.
    rows = np.resize(sample.values, (3, *sample.values.shape[1:]))
    values = torch.from_numpy(np.stack([rows, rows]))
    mask = torch.tensor([[True, True, True], [True, True, False]])
    batch, time = Dim("batch", max=4096), Dim("time", max=16384)
    shapes = ({0: batch, 1: time}, {0: batch, 1: time})
    return trace(_Plain(network), (values, mask), shapes, ["values", "mask"], ["states"])


class _Plain(nn.Module):
    """An encoder network whose attention uses basic operations, so that every ONNX runtime can run it."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        for part in network.modules():
            written_out = getattr(part, "set_attn_implementation", None)
            if callable(written_out):
                written_out("eager")

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        states: Tensor = self.network(values, mask).float()
        return states


def keep(source: Path, folder: Path, part: str) -> FileEntry:
    """Copies a file of an encoder into a bundle, under a name with its hash. Returns its entry for the bundle's table."""
    sha = file_sha256(source)
    named = folder / f"{part}-{sha[:12]}{source.suffix}"
    named.write_bytes(source.read_bytes())
    return FileEntry(named.name, sha, named.stat().st_size)


def store(proto: Any, folder: Path, part: str, recipe: Recipe, feeds: Sequence[Feed] = ()) -> FileEntry:
    """Writes an ONNX model in int8, float16 or float32, as the recipe says. Returns its entry for the bundle's table.

    Args:
        proto: an ONNX model in float32.
        folder: where the file goes.
        part: name of the graph in ``[export]``.
        recipe: of the bundle.
        feeds: real inputs of the graph; int8 becomes more exact with them.
    """
    return saved(smaller(proto, part, recipe, feeds), folder, part)


def smaller(proto: Any, part: str, recipe: Recipe, feeds: Sequence[Feed] = ()) -> Any:
    """An ONNX model in int8, float16 or float32, see ``store``."""
    from mien.export.quantise import to_float16, to_int8

    if part in recipe.export.int8:
        return to_int8(proto, feeds)
    return to_float16(proto) if part in recipe.export.float16 else proto


def saved(proto: Any, folder: Path, part: str) -> FileEntry:
    """Writes an ONNX model as it is. Returns its entry for the bundle's table."""
    path = folder / f"{part}.onnx"
    path.write_bytes(proto.SerializeToString())
    sha = file_sha256(path)
    # The name contains the hash, so that bundles can share a file and no file is confused with another.
    named = path.rename(folder / f"{part}-{sha[:12]}.onnx")
    return FileEntry(named.name, sha, named.stat().st_size)
