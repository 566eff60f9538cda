from __future__ import annotations

from pathlib import Path

import pytest

from mien.errors import InputError
from mien.media.subtitles import read_subtitles, read_text, sentences, spread
from mien.types import Span

_SRT = "1\n00:00:01,000 --> 00:00:03,000\n<i>I can't</i> believe\n\n2\n01:00:00,500 --> 01:00:01,000\nit\n"


def test_srt_words_lie_inside_their_cue(tmp_path: Path) -> None:
    (tmp_path / "a.srt").write_text(_SRT.replace("\n", "\r\n"), encoding="utf-8-sig")
    words = read_subtitles(tmp_path / "a.srt")
    assert [w.text for w in words.items] == ["I", "can't", "believe", "it"]
    assert words.items[0].span.start == 1.0
    assert words.items[2].span.end == pytest.approx(3.0)
    assert words.items[3].span == Span(3600.5, 3601.0)


def test_vtt_and_encodings(tmp_path: Path) -> None:
    (tmp_path / "a.vtt").write_text("WEBVTT\n\n00:01.000 --> 00:02.000 align:left\n你好 世界\n", encoding="utf-16")
    assert read_subtitles(tmp_path / "a.vtt").text == "你好 世界"
    (tmp_path / "b.txt").write_bytes("caf\xe9".encode("latin-1"))
    assert read_text(tmp_path / "b.txt") == "café"


def test_longer_words_last_longer() -> None:
    short, long = spread("a bbb", Span(0, 4))
    assert (short.span, long.span) == (Span(0, 1), Span(1, 4))


def test_sentences_of_two_scripts() -> None:
    assert sentences("Really? I am glad. Yes") == ["Really?", "I am glad.", "Yes"]
    assert sentences("我很高兴。真的吗？") == ["我很高兴。", "真的吗？"]


@pytest.mark.parametrize(
    "content", [b"", b"no cues here", b"\x00\x01binary\x00", b"00:00:05,000 --> 00:00:01,000\nback\n"]
)
def test_broken_files_are_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.srt").write_bytes(content)
    with pytest.raises(InputError, match=r"a\.srt"):
        read_subtitles(tmp_path / "a.srt")
