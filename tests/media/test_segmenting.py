"""Which way an input is read follows from what it is; reading itself is tested beside each reader."""

from pathlib import Path

import pytest
from PIL import Image

from mien.errors import InputError
from mien.events import Notice
from mien.media.segmenting import Opened, Segmenter
from mien.types import Clip, Segment


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
    first, *said = Segmenter("off").read(Clip("a", text="One. Two."))
    assert first == Opened("a")
    assert [s.words.text for s in said if isinstance(s, Segment) and s.words is not None] == ["One.", "Two."]
    first, segment = Segmenter("off").read(Clip("b", video=cues))
    assert first == Opened("b", 0.0, faces=False)
    assert isinstance(segment, Segment)
    assert segment.words is not None
    assert segment.words.text == "I am glad."


def test_known_words_stand_by_a_picture_in_which_nobody_is_seen(picture: Path) -> None:
    first, notice, *found = Segmenter("off").read(Clip("a", video=picture, text="I am glad."))
    assert first == Opened("a", 0.0, faces=True)
    assert notice == Notice("no_face_in_picture")
    assert [s.modalities for s in found if isinstance(s, Segment) and s.modalities] == [("text",)]


def test_words_given_twice_and_subtitles_of_a_picture_are_refused(picture: Path, cues: Path) -> None:
    with pytest.raises(InputError, match="is text itself"):
        list(Segmenter("off").read(Clip("a", video=cues, text="I am glad.")))
    with pytest.raises(InputError, match="is a picture"):
        list(Segmenter("off").read(Clip("a", video=picture), None, cues))
