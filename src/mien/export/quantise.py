"""Makes graphs smaller: weights in int8 or float16."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mien.export.smoothing import Feed, smooth

_LARGE = 1024  # elements; smaller tensors stay as they are


def to_float16(proto: Any) -> Any:
    """Stores large float32 weights as float16; the graph casts them back to float32. The file is half as large."""
    from onnx import TensorProto, helper, numpy_helper

    casts = []
    for tensor in proto.graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or np.prod(tensor.dims) < _LARGE:
            continue
        name, half = tensor.name, f"{tensor.name}_half"
        values = numpy_helper.to_array(tensor)
        small = values.astype(np.float16)
        # Subnormal numbers make the processor a hundred times slower, and have no effect on the result.
        small[np.abs(small) < np.finfo(np.float16).smallest_normal] = 0
        tensor.CopyFrom(numpy_helper.from_array(small, half))
        casts.append(helper.make_node("Cast", [half], [name], to=TensorProto.FLOAT))
    for node in reversed(casts):
        proto.graph.node.insert(0, node)
    return proto


def to_int8(proto: Any, feeds: Sequence[Feed] = ()) -> Any:
    """Computes matrix products in int8 with a scale for each channel. Activations are quantised dynamically.

    Weights with more rows than columns, such as those after the inner layer of a transformer, are stored in int8 too, but
    their products are computed in float: their inputs are so uneven that they make half of all the error.

    Args:
        proto: an ONNX model in float32.
        feeds: real inputs, with which the graph is made easier to quantise (``smoothing``); () leaves it as it is.
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    if feeds:
        proto = smooth(proto, feeds)
    with tempfile.TemporaryDirectory() as scratch:
        source, target = Path(scratch) / "float.onnx", Path(scratch) / "int8.onnx"
        onnx.save(proto, source)
        narrowing = _narrowing(proto)
        quantize_dynamic(
            source,
            target,
            op_types_to_quantize=["MatMul", "Gather"],
            per_channel=True,
            reduce_range=False,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=[node.name for node in narrowing],
        )
        return _stored_in_int8(onnx.load(target), {node.input[1] for node in narrowing})


def _narrowing(proto: Any) -> list[Any]:
    """The matrix products whose weights have more rows than columns."""
    tall = {
        tensor.name for tensor in proto.graph.initializer if len(tensor.dims) == 2 and tensor.dims[0] > tensor.dims[1]
    }
    return [node for node in proto.graph.node if node.op_type == "MatMul" and node.input[1] in tall]


def _stored_in_int8(proto: Any, names: set[str]) -> Any:
    """Stores float32 matrices (rows, columns) as int8 with a scale for each column; the graph makes them float32 again."""
    from onnx import helper, numpy_helper

    made = []
    for tensor in [t for t in proto.graph.initializer if t.name in names]:
        name, values = tensor.name, numpy_helper.to_array(tensor)
        scale = np.maximum(np.abs(values).max(axis=0) / 127, np.finfo(np.float32).tiny).astype(np.float32)
        tensor.CopyFrom(numpy_helper.from_array(np.round(values / scale).astype(np.int8), f"{name}_int8"))
        proto.graph.initializer.append(numpy_helper.from_array(scale, f"{name}_scale"))
        made.append(helper.make_node("DequantizeLinear", [f"{name}_int8", f"{name}_scale"], [name], axis=1))
    for node in made:
        proto.graph.node.insert(0, node)
    return proto
