from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mien.media.centerface import CenterFace
from mien.media.cropping import Pixels, Square
from mien.media.decoding.picture import read_image
from mien.media.faces import usual_square
from mien.media.landmarks import FacePoints, Landmarks, whole


@pytest.fixture(scope="module")
def landmarks() -> Landmarks:
    return Landmarks()


def found(landmarks: Landmarks, pixels: Pixels) -> FacePoints:
    points = landmarks.find(pixels, usual_square(CenterFace().detect(pixels)[0]))
    assert points is not None
    return points


def read(samples: Path, name: str) -> Pixels:
    return read_image(samples / f"image/{name}.jpg")


def test_the_crop_does_not_depend_on_the_box(samples: Path, landmarks: Landmarks) -> None:
    pixels = read(samples, "fer_justin")
    square = usual_square(CenterFace().detect(pixels)[0])
    expected = found(landmarks, pixels).square
    for factor, shift in ((0.75, 0.0), (0.83, 0.1), (1.25, 0.0), (1.5, 0.1)):
        points = landmarks.find(pixels, Square(square.centre + shift * square.side, factor * square.side, square.turn))
        assert points is not None
        assert points.square.side == pytest.approx(expected.side, rel=0.025)
        assert points.square.centre == pytest.approx(expected.centre, abs=0.015 * expected.side)


def test_a_turned_picture_gives_the_same_face(samples: Path, landmarks: Landmarks) -> None:
    pixels = read(samples, "faceapi_neutral")
    straight = found(landmarks, pixels)
    turned = found(landmarks, np.asarray(Image.fromarray(pixels).rotate(-18, expand=True)))  # clockwise
    assert turned.pose[2] - straight.pose[2] == pytest.approx(18, abs=2.5)
    assert turned.pose[0] == pytest.approx(straight.pose[0], abs=5)
    assert turned.mouth == pytest.approx(straight.mouth, abs=0.03)
    assert turned.square.side == pytest.approx(straight.square.side, rel=0.05)


def test_a_mirror_turns_the_head_the_other_way(samples: Path, landmarks: Landmarks) -> None:
    pixels = read(samples, "faceapi_happy")
    one, other = found(landmarks, pixels), found(landmarks, np.ascontiguousarray(pixels[:, ::-1]))
    assert one.pose[0] == pytest.approx(-13.5, abs=3), "she looks to the left of the picture"
    assert other.pose[0] == pytest.approx(-one.pose[0], abs=4)
    assert other.pose[1] == pytest.approx(one.pose[1], abs=4)
    assert other.pose[2] == pytest.approx(-one.pose[2], abs=4)


def test_mouths_open_and_close(samples: Path, landmarks: Landmarks) -> None:
    mouths = {n: found(landmarks, read(samples, f"faceapi_{n}")).mouth for n in ("angry", "happy", "surprised")}
    assert mouths["angry"] == pytest.approx(0.01, abs=0.03)
    assert mouths["happy"] == pytest.approx(0.18, abs=0.04)
    assert mouths["surprised"] == pytest.approx(0.27, abs=0.05)


def test_noise_is_no_face(landmarks: Landmarks) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (96, 120, 3), dtype=np.uint8)
    assert landmarks.find(noise, whole(noise)) is None


def test_a_square_is_cut_and_its_points_found_again() -> None:
    pixels = np.zeros((100, 140, 3), np.uint8)
    pixels[40:44, 90:94] = 255
    square = Square(np.asarray([80.0, 50.0], np.float32), 60.0, turn=0.4)
    upright = square.out_of(pixels, 120)
    y, x = (float(v.mean()) + 0.5 for v in np.nonzero(upright[..., 0] > 128))
    assert square.placed(np.asarray([x, y], np.float32), 120) == pytest.approx([92.0, 42.0], abs=0.5)
