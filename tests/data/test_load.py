from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mien.data.load import segment_of
from mien.types import Clip, Span


def test_text_becomes_words_in_time() -> None:
    segment = segment_of(Clip("x", text="one two three"), "text")
    assert segment is not None
    assert segment.words is not None
    assert segment.words.text == "one two three"
    assert segment.words.items[2].span.start > segment.words.items[1].span.start
    assert segment.modalities == ("text",)


def test_words_of_a_part_of_a_file_stand_on_its_clock() -> None:
    segment = segment_of(Clip("x", text="three short words", span=Span(10.0, 13.0)), "text")
    assert segment is not None
    assert segment.words is not None
    assert [(w.span.start, w.span.end) for w in segment.words.items] == [(10.0, 11.0), (11.0, 12.0), (12.0, 13.0)]


def test_a_picture_is_framed_like_crops_of_video(samples: Path, tmp_path: Path) -> None:
    whole = Image.open(samples / "image/faceapi_happy.jpg")
    framed = []
    for name, box in (("tight", (240, 40, 400, 200)), ("wide", (180, 0, 460, 280))):
        whole.crop(box).resize((112, 112)).save(tmp_path / f"{name}.png")
        segment = segment_of(Clip(name, image=tmp_path / f"{name}.png"), "face")
        assert segment is not None
        assert segment.frames is not None
        assert segment.frames.mouth is not None
        assert segment.frames.mouth[0] == pytest.approx(0.18, abs=0.05)
        framed.append(np.asarray(segment.frames.pixels[0], np.float32)[16:-16, 16:-16].mean(axis=2))
    assert np.corrcoef(framed[0].ravel(), framed[1].ravel())[0, 1] > 0.9, "the same part of the face at the same place"


def test_a_picture_without_the_points_of_a_face_stays_as_it_is(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (48, 48, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png")
    segment = segment_of(Clip("noise", image=tmp_path / "noise.png"), "face")
    assert segment is not None
    assert segment.frames is not None
    assert np.array_equal(segment.frames.pixels[0], noise)
    assert segment.frames.pose is not None
    assert bool(np.isnan(segment.frames.pose).all()), "it was looked for, and not found"
