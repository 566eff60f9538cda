from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from mien.media.decoding.open import probe, stream
from mien.types import Audio, Picture
from tests.media.clips import beep, write_clip

RUN_IN = int(av.__version__.partition(".")[0]) < 18
"""Before PyAV 18, the run-in of the sound is written, too, and the first picture comes 0.06 s later."""


def grey(level: int) -> np.ndarray:
    return np.full((48, 64, 3), level, np.uint8)


def shown(path: Path) -> dict[float, float]:
    """The brightness of each picture by its time."""
    return {round(p.time, 2): round(float(p.pixels.mean())) for p in stream(path, 5.0) if isinstance(p, Picture)}


def test_a_slide_is_shown_until_the_next_one_comes_and_the_last_as_long_as_the_sound(tmp_path: Path) -> None:
    slides = [grey(50), grey(100), grey(200)]
    path = write_clip(tmp_path / "v.mkv", slides, beep(10.0, 1.0), fps=1, times=[0.0, 3.0, 6.0])
    found = shown(path)
    assert list(found)[:50] == pytest.approx([i / 5 for i in range(50)], abs=0.07 if RUN_IN else 0.01)
    assert max(found) <= (10.3 if RUN_IN else 10.1)
    assert [round(list(found.values())[round(5 * t)] / 50) for t in (0.0, 2.8, 3.0, 5.8, 6.0, 9.8)] == [
        1,
        1,
        2,
        2,
        4,
        4,
    ]


def test_pictures_and_sound_of_a_slide_show_come_in_order(tmp_path: Path) -> None:
    """Otherwise a page of the clip would be decided before its pictures are there."""
    path = write_clip(tmp_path / "v.mkv", [grey(50), grey(100)], beep(70.0, 1.0), fps=1, times=[0.0, 60.0])
    heard = 0.0
    for piece in stream(path, 5.0):
        if isinstance(piece, Audio):
            heard = piece.span.end
        elif isinstance(piece, Picture):
            assert piece.time > heard - 3.0


def test_a_video_that_ends_before_its_sound_shows_nothing_more(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "v.mkv", [grey(50)] * 50, beep(10.0, 1.0))
    assert max(shown(path)) == pytest.approx(1.8, abs=0.25 if RUN_IN else 0.1)


@pytest.mark.parametrize("ending", ["gif", "webp", "png"])
def test_an_animation_is_a_video(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    first, *rest = [Image.fromarray(grey(level)) for level in (50, 100, 200)]
    first.save(path, save_all=True, append_images=rest, duration=[1200, 600, 2400], loop=0)
    info = probe(path)
    assert info.kind == "video"
    assert info.duration == pytest.approx(4.2)
    found = shown(path)
    assert list(found) == pytest.approx([i / 5 for i in range(21)], abs=0.01)
    assert [round(found[t] / 50) for t in (0.0, 1.0, 1.2, 1.6, 1.8, 4.0)] == [1, 1, 2, 2, 4, 4]


def test_an_animation_without_speed_and_a_flicker(tmp_path: Path) -> None:
    first, *rest = [Image.fromarray(grey(level)) for level in range(0, 200, 10)]
    first.save(tmp_path / "a.gif", save_all=True, append_images=rest, duration=0)
    assert probe(tmp_path / "a.gif").duration == pytest.approx(2.0), "browsers show each picture for 0.1 s"
    first.save(tmp_path / "b.gif", save_all=True, append_images=rest[:1], duration=100)
    assert probe(tmp_path / "b.gif").kind == "image", "it shows one moment"


def test_raw_video_has_30_pictures_a_second(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "v.h264", [grey(5 * i) for i in range(45)], None, codec="libx264")
    found = shown(path)
    assert len(found) == 8
    assert max(found) == pytest.approx(1.4, abs=0.05)
