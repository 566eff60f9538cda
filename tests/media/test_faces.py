from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mien.media.centerface import CenterFace
from mien.media.cropping import CROP
from mien.media.decoding.picture import read_image
from mien.media.faces import Face, Tracker, crop


def test_faces_are_found_and_framed(samples: Path) -> None:
    pixels = read_image(samples / "image/faceapi_happy.jpg")
    (face,) = CenterFace().detect(pixels)
    assert face.score > 0.8
    assert face.eyes is not None
    upright = crop(pixels, face)
    assert upright.shape == (CROP, CROP, 3)
    (again,) = CenterFace().detect(np.pad(upright, ((40, 40), (40, 40), (0, 0)), mode="edge"))
    assert again.eyes is not None
    height = (again.eyes.mean(axis=0)[1] - 40) / CROP
    assert height == pytest.approx(0.38, abs=0.05), "eyes lie where FER2013 has them"


def test_a_tilted_head_comes_out_level(samples: Path) -> None:
    from PIL import Image

    pixels = np.asarray(Image.fromarray(read_image(samples / "image/faceapi_angry.jpg")).rotate(20, expand=True))
    face = CenterFace().detect(pixels)[0]
    assert face.eyes is not None
    assert abs(np.degrees(np.arctan2(*(face.eyes[1] - face.eyes[0])[::-1]))) > 12
    level = crop(pixels, face)
    again = CenterFace().detect(np.pad(level, ((40, 40), (40, 40), (0, 0)), mode="edge"))[0]
    assert again.eyes is not None
    assert abs(np.degrees(np.arctan2(*(again.eyes[1] - again.eyes[0])[::-1]))) < 8


def test_many_faces_and_none(samples: Path) -> None:
    assert len(CenterFace().detect(read_image(samples / "image/pyfeat_multi_face.jpg"))) == 5
    assert CenterFace().detect(read_image(samples / "image/pyfeat_no_face.jpg")) == []


def face(x: float, y: float = 50.0, side: float = 40.0) -> Face:
    return Face(np.asarray([x, y, x + side, y + side], np.float32), 0.9)


def look(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 255, (CROP, CROP, 3), dtype=np.uint8)


def test_two_people_keep_their_names_when_they_pass() -> None:
    tracker, names = Tracker(), []
    for step in range(11):
        faces = [face(20 + 16 * step), face(180 - 16 * step, y=58)]
        seen = tracker.update(faces, [look(1), look(2)], step * 0.2)
        names.append({s.who: float(s.box[0]) for s in seen if s.time == step * 0.2})
    assert names[1]["person-1"] == 36
    assert names[-1]["person-1"] == 180
    assert names[-1]["person-2"] == 20


def test_a_short_loss_is_survived_and_a_single_sighting_is_not_a_person() -> None:
    tracker = Tracker()
    tracker.update([face(20)], [look(1)], 0.0)
    assert [s.who for s in tracker.update([face(21)], [look(1)], 0.2)] == ["person-1", "person-1"], "both sightings"
    assert tracker.update([face(200)], [look(3)], 0.4) == []
    assert [s.who for s in tracker.update([face(22)], [look(1)], 1.5)] == ["person-1"]


def test_after_a_long_loss_the_look_decides() -> None:
    tracker = Tracker()
    for time in (0.0, 0.2):
        tracker.update([face(20)], [look(1)], time)
    assert [s.who for s in tracker.update([face(150)], [look(1)], 9.0)] == ["person-1"]
    tracker.update([face(20)], [look(2)], 20.0)
    assert {s.who for s in tracker.update([face(20)], [look(2)], 20.2)} == {"person-2"}


def test_single_mistakes_are_forgotten() -> None:
    """Three hundred faces seen once, 3 s apart, beside somebody who is there all the time."""
    tracker, names = Tracker(), set()
    tracker.update([face(20)], [look(1)], -0.2)
    for step in range(300):
        seen = tracker.update([face(20), face(300)], [look(1), look(step + 2)], 3.0 * step)
        names |= {s.who for s in seen}
    assert names == {"person-1"}
    assert len(tracker._people) <= 2
