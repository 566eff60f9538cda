"""Which way an input is read follows from what it is; reading itself is tested beside each reader."""

from pathlib import Path

import pytest
from PIL import Image

from mien.errors import InputError
from mien.media.segmenting import Segmenter
from mien.types import Clip


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "still.png"
    Image.new("RGB", (64, 48), "grey").save(path)
    return path


@pytest.fixture
def cues(tmp_path: Path) -> Path:
    path = tmp_path / "cues.srt"
    path.write_text("1\n00:00:01,000 --> 00:00:02,000\nI am glad.\n")
    return path


def test_words_and_subtitle_files_are_read_as_text(cues: Path) -> None:
    said = Segmenter("off").segments(Clip("a", text="One. Two."), None, pytest.fail)
    assert [s.words.text for s in said.segments if s.words is not None] == ["One.", "Two."]
    read = Segmenter("off").segments(Clip("b", video=cues), None, pytest.fail)
    (segment,) = read.segments
    assert (read.duration, read.faces) == (0.0, False)
    assert segment.words is not None
    assert segment.words.text == "I am glad."


def test_known_words_stand_by_a_picture_in_which_nobody_is_seen(picture: Path) -> None:
    warnings: list[str] = []
    found = Segmenter("off").segments(Clip("a", video=picture, text="I am glad."), None, warnings.append)
    assert (found.duration, found.faces) == (0.0, True)
    assert [s.modalities for s in found.segments if s.modalities] == [("text",)]
    assert len(warnings) == 1


def test_words_given_twice_and_subtitles_of_a_picture_are_refused(picture: Path, cues: Path) -> None:
    with pytest.raises(InputError, match="is text itself"):
        Segmenter("off").segments(Clip("a", video=cues, text="I am glad."), None, pytest.fail)
    with pytest.raises(InputError, match="is a picture"):
        Segmenter("off").segments(Clip("a", video=picture), cues, pytest.fail)
