"""What is too long is refused in one sentence, before it takes hours."""

from __future__ import annotations

import time
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from mien.cli import app
from mien.errors import InputError
from mien.media.cut import CutSettings
from mien.media.segmenting import Segmenter
from mien.media.text.words import language_of, parts, pieces, sentences
from mien.types import SAMPLE_RATE, Audio, Clip, Span
from tests.media.clips import beep, write_sound


def test_a_sound_of_thirteen_hours_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "days.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(8000)
        file.setnframes(13 * 3600 * 8000)
        file.writeframes(b"")
    whole = path.read_bytes()
    size = 13 * 3600 * 8000
    with path.open("wb") as out:
        out.write(whole[:40] + size.to_bytes(4, "little"))
        out.truncate(44 + size)
    with pytest.raises(InputError, match=r"'days.wav' lasts more than 12 hours; cut it, or allow more with --hours"):
        list(Segmenter("off").read(path))
    longer = Segmenter("off", CutSettings(hours=14)).read(path)
    assert next(longer)
    longer.close()


def test_a_sound_that_does_not_say_its_length_ends_at_the_limit(tmp_path: Path) -> None:
    """The header is not asked where a part of the clip is wanted, so only what is read counts."""
    path = write_sound(tmp_path / "x.wav", beep(8.0, 0.2))
    with pytest.raises(InputError, match=r"lasts more than 0\.001 hours"):
        list(Segmenter("off", CutSettings(hours=0.001)).read(Clip("x", audio=path, span=Span(0.0, 100.0))))


def test_what_comes_in_live_has_no_end() -> None:
    def sound() -> Iterator[Audio]:
        for second in range(8):
            yield Audio(np.zeros(SAMPLE_RATE, np.float32), float(second))

    assert list(Segmenter("off", CutSettings(hours=0.001)).read(sound()))


@pytest.mark.parametrize("verb", ["analyze", "explain"])
def test_the_option_sets_the_limit(verb: str, tmp_path: Path) -> None:
    path = write_sound(tmp_path / "x.wav", beep(2.0, 0.2))
    done = CliRunner().invoke(app, [verb, str(path), "--hours", "0.0001"])
    assert isinstance(done.exception, InputError)
    assert "lasts more than 0.0001 hours" in str(done.exception)


def test_a_text_of_more_than_four_million_characters_is_refused(tmp_path: Path) -> None:
    """The time grows with the length: half a second for a thousand characters."""
    path, text = tmp_path / "library.txt", "I am so glad. " * 290_000
    path.write_text(text, encoding="utf-8")
    says = "characters, and at most 4,000,000 are read at once; divide it"
    with pytest.raises(InputError, match=f"'library.txt' has 4,060,000 {says}"):
        list(Segmenter("off").read(path))
    with pytest.raises(InputError, match=f"'text' has 4,060,000 {says}"):
        list(Segmenter("off").read(None, text=text))


@pytest.mark.parametrize("odd", ["我", "glad ", "g", ".", " \n", "，", "I am so glad. "], ids=ascii)
def test_a_text_is_cut_in_a_time_that_grows_with_its_length(odd: str) -> None:
    """Eight times the length took sixty-four times as long for a Chinese sentence without a stop."""
    took = []
    for count in (50_000, 400_000):
        begun = time.process_time()
        for sentence in sentences(odd * (count // len(odd)) + "x"):
            assert list(parts(pieces(sentence, language_of(sentence))))
        took.append(time.process_time() - begun)
    assert took[1] < 20 * took[0] + 0.2
