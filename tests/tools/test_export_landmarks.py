"""MediaPipe's networks as ONNX, against what the interpreter of TensorFlow Lite gave for the same picture.

The expected numbers come from PyPI's ai-edge-litert 2.3.0, given the same pixels in float32.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mien.bundles import shared_file
from mien.media.decoding.picture import read_image
from mien.runtime import threads

POINTS = {
    33: (110.92, 87.28, 16.61),
    263: (184.66, 77.53, 6.54),
    4: (145.48, 100.83, -29.80),
    13: (152.09, 126.12, -14.13),
    14: (152.58, 136.34, -11.97),
    152: (159.70, 169.32, -5.64),
}


def shown(samples: Path, side: int) -> np.ndarray:
    portrait = Image.fromarray(read_image(samples / "image/faceapi_happy.jpg")).crop((120, 0, 380, 260))
    return np.asarray(portrait.resize((side, side), Image.Resampling.BILINEAR))[None]


def test_points_agree_with_tensorflow_lite(samples: Path) -> None:
    session = threads.open_graph(shared_file("face_landmarks.onnx"))
    (points,), (score,) = session.run(None, {"pixels": shown(samples, 192)})
    assert points.shape == (468, 3)
    assert score == pytest.approx(1.0, abs=1e-3)
    assert np.abs(points[list(POINTS)] - np.asarray(list(POINTS.values()))).max() < 0.2  # pixels
