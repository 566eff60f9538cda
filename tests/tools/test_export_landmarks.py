"""MediaPipe's networks as ONNX, against what the interpreter of TensorFlow Lite gave for the same picture.

The expected numbers come from PyPI's ai-edge-litert 2.3.0, given the same pixels in float32.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mien.bundles import shared_file
from mien.media.cropping import Square
from mien.media.decoding.picture import read_image
from mien.runtime import threads

POINTS = {
    33: (110.90, 87.38, 16.65),
    263: (184.71, 77.55, 6.50),
    4: (145.47, 100.84, -29.89),
    13: (152.12, 126.03, -14.15),
    14: (152.62, 136.41, -11.95),
    152: (159.80, 169.32, -5.61),
}
SHORT = (1.13, 4.25, 72.0, 71.98, -20.53, -14.24, 9.44, -18.14, -8.64, -2.24, -4.79, 16.71, -27.68, -0.57, 33.29, -7.63)
FULL = (
    -2.5,
    -2.15,
    123.83,
    123.83,
    -27.41,
    -27.72,
    20.53,
    -31.31,
    -1.88,
    -6.31,
    0.35,
    22.9,
    -49.56,
    -6.58,
    46.8,
    -14.81,
)


def shown(samples: Path, side: int) -> np.ndarray:
    square = Square(np.asarray([250, 130], np.float32), 260.0)
    return square.out_of(read_image(samples / "image/faceapi_happy.jpg"), side)[None]


def test_points_agree_with_tensorflow_lite(samples: Path) -> None:
    session = threads.open_graph(shared_file("face_landmarks.onnx"))
    (points,), (score,) = session.run(None, {"pixels": shown(samples, 192)})
    assert points.shape == (468, 3)
    assert score == pytest.approx(1.0, abs=1e-3)
    assert np.abs(points[list(POINTS)] - np.asarray(list(POINTS.values()))).max() < 0.2  # pixels


@pytest.mark.parametrize(
    ("name", "side", "row", "score", "values"),
    [("blazeface_short.onnx", 128, 742, 0.859, SHORT), ("blazeface_full.onnx", 192, 1333, 0.666, FULL)],
)
def test_boxes_agree_with_tensorflow_lite(
    name: str, side: int, row: int, score: float, values: tuple[float, ...], samples: Path
) -> None:
    session = threads.open_graph(shared_file(name))
    (boxes,), (scores,) = session.run(None, {"pixels": shown(samples, side)})
    assert int(scores.argmax()) == row
    assert scores[row] == pytest.approx(score, abs=0.01)
    assert np.abs(boxes[row] - np.asarray(values)).max() < 0.3  # pixels
