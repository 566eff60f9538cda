"""Parts a graph that begins with a table of vectors, so that bundles with the same vectors share the table as one file."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

_LARGE = 1_000_000  # elements of a table that is worth a file of its own


class Parted(NamedTuple):
    """Two ONNX models: ``vectors`` turns ids (B, T) into vectors (B, T, D), and ``rest`` takes these vectors as its values."""

    vectors: Any
    rest: Any


def parted(proto: Any) -> Parted | None:
    """The two parts of a graph whose values only choose rows of a large table; ``None`` for any other graph.

    Args:
        proto: an ONNX model with the inputs values and mask.
    """
    from onnx import TensorProto, helper

    tables = {t.name: t for t in proto.graph.initializer if np.prod(t.dims) >= _LARGE}
    users = [node for node in proto.graph.node if "values" in node.input]
    if len(users) != 1 or users[0].op_type != "Gather" or users[0].input[0] not in tables:
        return None
    chain = [users[0]]
    # The chosen rows may be int8, which the next node makes float32.
    after = [node for node in proto.graph.node if users[0].output[0] in node.input]
    if len(after) == 1 and after[0].op_type == "DequantizeLinear":
        chain.append(after[0])
    (cut,) = chain[-1].output
    width = int(tables[users[0].input[0]].dims[-1])
    place = helper.make_tensor_value_info("values", TensorProto.FLOAT, ["batch", "time", width])
    rest_nodes = [node for node in proto.graph.node if node not in chain]
    for node in rest_nodes:
        node.input[:] = ["values" if name == cut else name for name in node.input]
    values = next(i for i in proto.graph.input if i.name == "values")
    mask = [i for i in proto.graph.input if i.name != "values"]
    given = helper.make_tensor_value_info(cut, TensorProto.FLOAT, ["batch", "time", width])
    return Parted(
        _model(proto, chain, [values], [given]), _model(proto, rest_nodes, [place, *mask], proto.graph.output)
    )


def _model(proto: Any, nodes: list[Any], inputs: list[Any], outputs: Any) -> Any:
    """A model with some nodes of another, and what these need."""
    from onnx import helper

    needed = {name for node in nodes for name in node.input}
    kept = [t for t in proto.graph.initializer if t.name in needed]
    graph = helper.make_graph(nodes, proto.graph.name, inputs, list(outputs), kept)
    return helper.make_model(graph, opset_imports=proto.opset_import, ir_version=proto.ir_version)
