"""Sound, bytes and names that a program may hand over, however odd they are."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mien.errors import InputError
from mien.media.cut import CutSettings
from mien.media.decoding.arrays import sound_of
from mien.media.sources import opened
from mien.types import SAMPLE_RATE, Clip


def test_a_few_samples_at_a_low_rate_are_hardly_any_sound() -> None:
    assert len(sound_of(np.ones(1, np.float32), 8_000).samples) <= 2


def test_sound_without_a_channel_is_refused() -> None:
    with pytest.raises(InputError, match=r"not \(16000, 0\)"):
        sound_of(np.ones((16_000, 0), np.float32), SAMPLE_RATE)


def test_numbers_too_large_for_float32_are_the_loudest_sound() -> None:
    np.testing.assert_array_equal(sound_of(np.asarray([1e300, -1e300]), SAMPLE_RATE).samples, [1.0, -1.0])


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_bytes_of_every_type_are_the_content_of_a_file(kind: Any) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (4, 4)).save(picture, "PNG")
    with opened(kind(picture.getvalue()), None, None) as given:
        assert isinstance(given.still, Path)
        assert given.clip.id == "bytes"


@pytest.mark.parametrize("name", ["a\0b.srt", "x" * 300 + ".srt", "面" * 300 + ".srt"])
def test_an_open_file_may_have_any_name(name: str) -> None:
    with opened(_named(name), None, None) as given:
        assert given.text_file is not None


def test_a_name_that_is_a_folder_says_nothing() -> None:
    with pytest.raises(InputError, match="is not media"), opened(_named(".."), None, None):
        pass


def _named(name: str) -> io.BytesIO:
    """Subtitles as an open file with a name."""
    file = io.BytesIO(b"1\n00:00:00,000 --> 00:00:02,000\nHello there.\n")
    file.name = name
    return file


def test_a_file_that_is_open_as_text_is_refused() -> None:
    with pytest.raises(InputError, match="mode 'rb'"), opened(io.StringIO("hello"), None, None):  # type: ignore[arg-type]
        pass


@pytest.mark.parametrize("source", ["a\0b.mp4", Clip("x", text=5)])  # type: ignore[arg-type]
def test_what_can_be_no_name_and_no_words_is_refused(source: str | Clip) -> None:
    with (
        pytest.raises(InputError, match=r"is no name of a file|the words are a str, not int"),
        opened(source, None, None),
    ):
        pass


@pytest.mark.parametrize("name", ["fps", "longest", "stretch", "page", "hours"])
@pytest.mark.parametrize("value", [0, -1.0, float("nan")])
def test_settings_of_the_cut_are_positive(name: str, value: float) -> None:
    with pytest.raises(InputError, match=f"'{name}' of the cut is a positive number"):
        replace(CutSettings(), **{name: value})  # type: ignore[arg-type]  # of the settings that are numbers


def test_the_file_of_a_clip_may_be_a_string(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("I love it.")
    clip = Clip("a", video=str(tmp_path / "a.txt"))  # type: ignore[arg-type]  # as a user may write it
    with opened(clip, None, None) as given:
        assert given.text_file == tmp_path / "a.txt"
