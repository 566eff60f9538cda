from __future__ import annotations

from pathlib import Path

import pytest

from mien.errors import InputError
from mien.events import Notice
from mien.media.subtitles import Subtitles, read_subtitles
from mien.types import Span, Word

from ..conftest import CASES

_SRT = "1\n00:00:01,000 --> 00:00:03,000\n<i>I can't</i> believe\n\n2\n01:00:00,500 --> 01:00:01,000\nit\n"


def read(tmp_path: Path, content: str, name: str = "a.srt") -> Subtitles:
    (tmp_path / name).write_text(content, encoding="utf-8")
    return read_subtitles(tmp_path / name)


def texts(found: Subtitles) -> list[str]:
    return [said.words.text for said in found.said]


def words_of(found: Subtitles) -> list[Word]:
    return [w for said in found.said for w in said.words.items]


def case(name: str) -> Subtitles:
    path = CASES / name
    if not path.is_file():
        pytest.skip(f"there is no {path}: it may not be redistributed")
    return read_subtitles(path)


def test_srt_words_lie_inside_their_cue(tmp_path: Path) -> None:
    (tmp_path / "a.srt").write_text(_SRT.replace("\n", "\r\n"), encoding="utf-8-sig")
    words = words_of(read_subtitles(tmp_path / "a.srt"))
    assert [w.text for w in words] == ["I", "can't", "believe", "it"]
    assert words[0].span.start == 1.0
    assert words[2].span.end == pytest.approx(3.0)
    assert words[3].span == Span(3600.5, 3601.0)


def test_vtt_in_utf16(tmp_path: Path) -> None:
    (tmp_path / "a.vtt").write_text("WEBVTT\n\n00:01.000 --> 00:02.000 align:left\n你好 世界\n", encoding="utf-16")
    (said,) = read_subtitles(tmp_path / "a.vtt").said
    assert (said.words.text, said.words.language) == ("你好 世界", "zh")
    assert [w.text for w in said.words.items] == ["你", "好", " 世", "界"]
    assert said.span.end == pytest.approx(2.0)


@pytest.mark.parametrize(
    "content", [b"", b"no cues here", b"\x00\x01binary\x00", b"00:00:05,000 --> 00:00:01,000\nback\n", b"9" * 80_000]
)
def test_broken_files_are_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.srt").write_bytes(content)
    with pytest.raises(InputError, match=r"a\.srt"):
        read_subtitles(tmp_path / "a.srt")


def test_a_file_of_any_size_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "a.srt").open("wb") as file:
        file.truncate(10**12)
    with pytest.raises(InputError, match="is larger than 5 MB; split it"):
        read_subtitles(tmp_path / "a.srt")


def test_a_speaker_may_be_named_in_every_form(tmp_path: Path) -> None:
    web = read(tmp_path, "WEBVTT\n\n00:01.000 --> 00:02.000\n<v.loud Tom>Hi</v>\n<v Ann>Yes &amp; no</v>\n", "a.vtt")
    assert [(s.who, s.words.text) for s in web.said] == [("Tom", "Hi"), ("Ann", "Yes & no")]
    ass = "[V4+ Styles]\n[Events]\nDialogue: 0,0:00:01.00,0:00:02.50,X,Tom,0,0,0,,{\\i1}Hello{\\i0},\\Nyou\n"
    ass += "Comment: 0,0:00:01.00,0:00:02.50,X,,0,0,0,,not said\nDialogue: 0,0:00:xx.00,0:00:04.50,X,,0,0,0,,lost\n"
    ass += "Dialogue: 0,0:00:03.00,0:00:04.50,X,,0,0,0,,{\\p1}m 0 0 l 1 1{\\p0}\n"
    styled = read(tmp_path, ass, "a.ass")
    assert [(s.who, s.words.text, s.span) for s in styled.said] == [("Tom", "Hello, you", Span(1.0, 2.5))]
    assert styled.notices == (Notice("subtitles_unread", {"file": "a.ass", "count": 1}),)


def test_two_languages_in_one_file_keep_their_spacing(tmp_path: Path) -> None:
    content = "1\n00:00:01,000 --> 00:00:02,000\n我今天非常高兴\n\n2\n00:00:02,000 --> 00:00:03,000\nI am so happy\n"
    found = read(tmp_path, content)
    assert [s.words.language for s in found.said] == ["zh", None]
    assert texts(found) == ["我今天非常高兴", "I am so happy"]


def test_overlapping_cues_come_one_after_the_other() -> None:
    found = case("overlap.srt")
    assert texts(found) == ["I am so happy for you today", "Get out of my house right now"]
    times = [w.span.start for w in words_of(found)]
    assert times == sorted(times)
    first, second = found.said
    assert first.span.end <= second.span.start + 1e-9
    assert second.new


def test_rolling_captions_give_each_line_once() -> None:
    found = case("yt_roll.vtt")
    assert " ".join(texts(found)) == "please never forget your jacket it makes me so happy"
    assert words_of(found)[0].span == Span(0.3, 0.6), "words are where the file times them"


@pytest.mark.parametrize(
    ("name", "said", "codes"),
    [
        ("blankafter.vtt", ["congratulations my friend", "What a day"], []),
        ("noblank.srt", ["I love this", "What a day", "Good night"], []),
        ("entities.vtt", ["I don't like this & I can't stay <3", 'Tom & Jerry said "no"'], []),
        ("cp1252.srt", ["I don’t like this — it’s awful…", "“We’re done,” she said"], ["encoding_guessed"]),
        ("cp1251.srt", ["Я очень рад тебя видеть"], ["encoding_guessed"]),
        ("gbk.srt", ["我今天非常高兴", "你为什么这样"], ["encoding_guessed"]),
        ("onebad.srt", ["I don’t like this", "na\ufffdve café it’s great"], ["text_damaged"]),
    ],
)
def test_what_is_said_is_read_as_it_is(name: str, said: list[str], codes: list[str]) -> None:
    found = case(name)
    assert texts(found) == said
    assert [n.code for n in found.notices] == codes


def test_odd_times_lose_nothing() -> None:
    found = case("times.srt")
    said = ["One digit times", "dot milliseconds", "no milliseconds", "colon milliseconds", "short arrow", "no spaces"]
    assert texts(found) == said
    assert [s.span.start for s in found.said] == pytest.approx([0.3, 2.7, 4.0, 5.2, 6.3, 6.7])
    assert found.notices == ()


def test_a_long_line_of_digits_is_refused_at_once() -> None:
    with pytest.raises(InputError, match="holds no subtitle with a time"):
        case("redos_digits.srt")
