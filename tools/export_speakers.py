"""Makes the graph that tells voices apart: ``python -m tools.export_speakers WHEEL``.

It reads the weights of the speaker encoder GE2E (Wan et al. 2018, arXiv 1710.10467; Apache-2.0) out of the wheel of the PyPI
package Resemblyzer 0.1.4, and writes them as ONNX with float16 weights. The wheel is a zip file: nothing in it is installed or
imported. The project ran it once, with ``mien[train]``; the result is shipped.
"""

from __future__ import annotations

import hashlib
import io
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mien.bundles import folder
from mien.errors import InputError
from mien.export.quantise import to_float16
from mien.media.voices.embedding import GRAPH, MELS
from mien.types import Float32

_MEMBER = "resemblyzer/pretrained.pt"
_SHA256 = "39373b86598fa3da9fcddee6142382efe09777e8d37dc9c0561f41f0070f134e"
_LAYERS, _HIDDEN = 3, 256


def read_weights(wheel: Path) -> dict[str, Float32]:
    """The weights of the encoder as float32, by the names of PyTorch.

    Raises:
        InputError: the wheel holds other weights than those of Resemblyzer 0.1.4.
    """
    with zipfile.ZipFile(wheel) as file:
        data = file.read(_MEMBER)
    if hashlib.sha256(data).hexdigest() != _SHA256:
        raise InputError(f"'{wheel}' does not hold the weights of Resemblyzer 0.1.4")
    # ``weights_only`` makes tensors and plain containers, and runs nothing that the file names.
    state = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)["model_state"]
    return {name: np.asarray(tensor.numpy(), np.float32) for name, tensor in state.items()}


def graph(weights: dict[str, Float32]) -> Any:
    """An ONNX model: mel energies float32 (F, B, 40) -> embeddings float32 (B, 256) of length 1."""
    from onnx import TensorProto, helper, numpy_helper

    tensors: dict[str, Float32] = {"w": weights["linear.weight"].T.copy(), "b": weights["linear.bias"]}
    nodes, rows = [], "mel"
    for layer in range(_LAYERS):
        for short, name in (("wx", "weight_ih"), ("wh", "weight_hh")):
            tensors[f"{short}{layer}"] = _gates(weights[f"lstm.{name}_l{layer}"])[None]
        biases = [_gates(weights[f"lstm.bias_{part}_l{layer}"]) for part in ("ih", "hh")]
        tensors[f"bias{layer}"] = np.concatenate(biases)[None]
        inputs = [rows, *(f"{part}{layer}" for part in ("wx", "wh", "bias"))]
        nodes.append(helper.make_node("LSTM", inputs, [f"all{layer}", f"last{layer}"], hidden_size=_HIDDEN))
        nodes.append(helper.make_node("Squeeze", [f"all{layer}", "direction"], [f"rows{layer}"]))
        rows = f"rows{layer}"
    nodes += [
        helper.make_node("Squeeze", [f"last{_LAYERS - 1}", "first"], ["state"]),
        helper.make_node("Gemm", ["state", "w", "b"], ["linear"]),
        helper.make_node("Relu", ["linear"], ["positive"]),
        helper.make_node("LpNormalization", ["positive"], ["embedding"], axis=1, p=2),
    ]
    axes = {"direction": np.asarray([1]), "first": np.asarray([0])}
    return helper.make_model(
        helper.make_graph(
            nodes,
            "speakers",
            [helper.make_tensor_value_info("mel", TensorProto.FLOAT, ["frames", "batch", MELS])],
            [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", _HIDDEN])],
            [numpy_helper.from_array(values, name) for name, values in {**tensors, **axes}.items()],
        ),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )


def _gates(rows: Float32) -> Float32:
    """Rows in the order of ONNX (input, output, forget, cell), from that of PyTorch (input, forget, cell, output)."""
    into, forget, cell, out = np.split(rows, 4)
    return np.concatenate([into, out, forget, cell])


def main() -> None:
    """Writes the graph into ``bundles/shared``."""
    (folder() / "shared" / GRAPH).write_bytes(to_float16(graph(read_weights(Path(sys.argv[1])))).SerializeToString())


if __name__ == "__main__":
    main()
