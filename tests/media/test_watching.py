from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from mien.media.centerface import CenterFace
from mien.media.cropping import Pixels
from mien.media.decoding.picture import read_image
from mien.media.faces import Face, Sighting, overlap
from mien.media.turns import frames_in
from mien.media.watching import PromptWatcher, Watcher
from mien.types import Picture, Span


class Counting(CenterFace):
    """The real detector, which counts how often a whole picture is searched."""

    def __init__(self) -> None:
        super().__init__()
        self.whole = 0

    def detect(self, pixels: Pixels, scale: float | None = None) -> list[Face]:
        self.whole += scale is None
        return super().detect(pixels, scale)


def watch(pictures: list[Pixels]) -> tuple[list[Sighting], int]:
    """What is seen in pictures 0.2 s apart, and how many of them were searched whole."""
    detector = Counting()
    with ThreadPoolExecutor(1) as executor:
        watcher = Watcher(executor, detector)
        for i, p in enumerate(pictures):
            watcher.look(Picture(p, i / 5))
        return watcher.rest(), detector.whole


@pytest.fixture(scope="module")
def portrait(samples: Path) -> Pixels:
    return read_image(samples / "image/faceapi_happy.jpg")[:280, 100:400]


def scene(portrait: Pixels, *lefts: int) -> Pixels:
    """Grey, 1000 x 300, with the portrait at each place."""
    picture = np.full((300, 1000, 3), 90, np.uint8)
    for left in lefts:
        picture[10:290, left : left + portrait.shape[1]] = portrait
    return picture


def test_a_moving_face_is_found_where_the_whole_picture_has_it(portrait: Pixels) -> None:
    pictures = [scene(portrait, 20 + 8 * i) for i in range(12)]
    seen, whole = watch(pictures)
    assert [s.time for s in seen] == [i / 5 for i in range(12)]
    assert {s.who for s in seen} == {"person-1"}
    assert whole == 6, "one of three, and the two before the first face was known"
    for sighting, picture in zip(seen, pictures, strict=True):
        assert overlap(sighting.box, CenterFace().detect(picture)[0].box) > 0.75


def test_sightings_tell_mouth_and_pose_and_frames_keep_them(portrait: Pixels) -> None:
    seen, _ = watch([scene(portrait, 20), scene(portrait, 40), scene(portrait[:, ::-1], 60)])
    assert [s.mouth for s in seen] == pytest.approx([0.18] * 3, abs=0.04)
    frames = frames_in(seen[:1], Span(0.0, 1.0))
    assert frames is not None
    assert frames.mouth is not None
    assert frames.pose is not None
    assert frames.mouth.dtype == np.float32
    assert frames.pose.shape == (1, 3)
    again = frames.rows(np.asarray([0]))
    assert again.mouth is not None
    assert again.mouth == pytest.approx(frames.mouth)
    assert [s.pose[0] for s in seen] == pytest.approx([-9, -9, 9], abs=5)


def test_who_comes_and_goes_is_seen_from_the_first_picture_to_the_last(portrait: Pixels) -> None:
    """Both happen inside a group, not at the picture that is searched whole."""
    seen, _ = watch([scene(portrait, 20, 600) if 4 <= i < 13 else scene(portrait, 20) for i in range(20)])
    times = {who: [round(5 * s.time) for s in seen if s.who == who] for who in ("person-1", "person-2")}
    assert times == {"person-1": list(range(20)), "person-2": list(range(4, 13))}


def test_pictures_without_faces_are_cheap(portrait: Pixels) -> None:
    assert watch([scene(portrait) for _ in range(9)]) == ([], 3)


def test_people_who_are_close_together_are_not_copied(portrait: Pixels) -> None:
    """The search around one face must not give the face of the neighbour a second time."""
    pictures = [scene(portrait[:, 60:240], 20, 180 + 6 * (i % 3)) for i in range(12)]
    seen, _ = watch(pictures)
    assert {s.who for s in seen} == {"person-1", "person-2"}
    assert len(seen) == 24


def test_a_picture_that_is_given_again_is_not_searched_again(portrait: Pixels) -> None:
    shown = scene(portrait, 20)
    seen, whole = watch([shown] * 9)
    assert [(s.who, s.time) for s in seen] == [("person-1", i / 5) for i in range(9)]
    assert whole == 1


def test_a_new_shot_shows_new_people_at_the_same_place(portrait: Pixels, samples: Path) -> None:
    other = read_image(samples / "image/faceapi_angry.jpg")
    faces = CenterFace().detect(other)[0].box.astype(int)
    shots = [scene(portrait, 20), np.ascontiguousarray(other), scene(portrait, 20)]
    seen, _ = watch([shots[i // 5].copy() for i in range(15)])
    assert faces.size == 4
    assert [s.who for s in seen] == ["person-1"] * 5 + ["person-2"] * 5 + ["person-1"] * 5
    assert [s.shot for s in seen] == [0] * 5 + [1] * 5 + [2] * 5


def test_with_few_pictures_a_second_groups_are_smaller(portrait: Pixels) -> None:
    detector = Counting()
    with ThreadPoolExecutor(1) as executor:
        watcher = Watcher(executor, detector)
        for i in range(4):
            watcher.look(Picture(scene(portrait, 20 + i), i / 2))
        seen = watcher.rest()
    assert len(seen) == 4
    assert detector.whole == 3, "the last of each group of two, and the one before the first face was known"


def prompt(pictures: list[Pixels], seconds: float = 0.2) -> tuple[list[list[Sighting]], int]:
    """What is seen as soon as each picture is there, and how many of them were searched whole."""
    detector = Counting()
    told = []
    with ThreadPoolExecutor(1) as executor:
        watcher = PromptWatcher(executor, detector)
        for i, pixels in enumerate(pictures):
            watcher.look(Picture(pixels, i * seconds))
            told.append(watcher.rest())
    return told, detector.whole


def test_a_prompt_watcher_tells_each_picture_at_once_and_searches_one_of_three_whole(portrait: Pixels) -> None:
    pictures = [scene(portrait, 20 + 8 * i) for i in range(12)]
    seen, whole = prompt(pictures)
    assert [len(s) for s in seen] == [0, 2] + [1] * 10, "a person has a name from the second sighting on"
    assert whole == 4
    for i, picture in enumerate(pictures[1:], 1):
        assert overlap(seen[i][-1].box, CenterFace().detect(picture)[0].box) > 0.75
    assert prompt([scene(portrait) for _ in range(9)]) == ([[]] * 9, 3)
    assert prompt(pictures[:4], seconds=1.0)[1] == 4, "pictures that are far apart are searched whole"


def test_a_prompt_watcher_sees_at_once_who_goes_and_soon_who_comes(portrait: Pixels) -> None:
    seen, _ = prompt([scene(portrait, 20, 600) if 4 <= i < 13 else scene(portrait, 20) for i in range(20)])
    times = {
        who: [round(5 * s.time) for told in seen for s in told if s.who == who] for who in ("person-1", "person-2")
    }
    assert times == {"person-1": list(range(20)), "person-2": list(range(6, 13))}
