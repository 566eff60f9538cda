from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mien.media.centerface import CenterFace
from mien.media.decoding.picture import read_image
from mien.media.faces import overlap, usual_square
from mien.media.landmarks import Landmarks
from mien.media.stills import faces_in


@pytest.fixture(scope="module")
def detector() -> CenterFace:
    return CenterFace()


@pytest.mark.parametrize(
    ("name", "count"), [("pyfeat_multi_face", 5), ("faceapi_angry", 1), ("faceapi_happy", 1), ("pyfeat_no_face", 0)]
)
def test_every_face_is_found_once(samples: Path, detector: CenterFace, name: str, count: int) -> None:
    found = detector.detect(read_image(samples / f"image/{name}.jpg"))
    assert len(found) == count
    assert [f.score for f in found] == sorted((f.score for f in found), reverse=True)


def test_the_usual_square_is_the_one_that_the_points_give(samples: Path, detector: CenterFace) -> None:
    pixels, landmarks = read_image(samples / "image/pyfeat_multi_face.jpg"), Landmarks()
    for face in detector.detect(pixels):
        rough, points = usual_square(face), landmarks.find(pixels, usual_square(face))
        assert points is not None
        assert rough.side == pytest.approx(points.square.side, rel=0.2)
        assert rough.centre == pytest.approx(points.square.centre, abs=0.1 * rough.side)


def test_boxes_and_eyes_scale_with_the_picture(samples: Path, detector: CenterFace) -> None:
    portrait = Image.fromarray(read_image(samples / "image/faceapi_angry.jpg"))
    for size, place in ((300, (0, 0)), (150, (440, 10)), (61, (250, 190))):
        picture = Image.new("RGB", (601, 403), (90, 90, 90))
        picture.paste(portrait.resize((size, size * 5 // 6)), place)
        (face,) = detector.detect(np.asarray(picture))
        assert face.eyes is not None
        middle = (face.box[:2] + face.box[2:]) / 2 - np.asarray(place)
        assert middle == pytest.approx([size * 0.5, size * 0.42], abs=0.08 * size)
        eyes = face.eyes - np.asarray(place)
        assert eyes == pytest.approx(np.asarray([[0.40, 0.36], [0.57, 0.36]]) * size, abs=0.04 * size)


def test_the_neighbourhood_of_a_face_shows_the_same_face(samples: Path, detector: CenterFace) -> None:
    pixels = read_image(samples / "image/pyfeat_multi_face.jpg")
    face = detector.detect(pixels)[0]
    left, top, right, bottom = (int(v) for v in face.box)
    part = pixels[top - 50 : bottom + 50, left - 50 : right + 50]
    near = detector.detect(part, 0.5)[0]
    corner = np.asarray([left - 50, top - 50] * 2, np.float32)
    assert overlap(near.box + corner, face.box) > 0.75


def test_small_faces_of_a_large_photo_are_found(samples: Path, detector: CenterFace) -> None:
    """Four faces of 90 pixels in 12 megapixels, one of them where two tiles meet."""
    portrait = Image.fromarray(read_image(samples / "image/faceapi_happy.jpg")[:280, 100:400])
    photo, places = Image.new("RGB", (4000, 3000), (90, 110, 100)), [(300, 900), (940, 950), (2200, 700), (3800, 2850)]
    for place in places:
        photo.paste(portrait.resize((160, 150)), place)
    faces, crops = faces_in(np.asarray(photo), detector, Landmarks())
    assert len(faces) == len(crops) == 4
    for face, place in zip(faces, places, strict=True):
        assert face.box[0] > place[0] - 10
        assert face.box[2] < place[0] + 170
        assert face.points is not None
