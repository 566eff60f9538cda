from __future__ import annotations

from pathlib import Path

import pytest

from mien.errors import InputError
from mien.events import Notice
from mien.media.written import is_text, sentence_segments, text_file_segments
from mien.types import Segment, Span


def texts(segments: list[Segment]) -> list[str]:
    return [s.words.text for s in segments if s.words is not None]


def segments(path: Path) -> list[Segment]:
    return [found for found in text_file_segments(path) if isinstance(found, Segment)]


def test_a_segment_per_sentence_at_an_even_pace() -> None:
    found = list(sentence_segments("I am glad. So am I!\n我很高兴。"))
    assert texts(found) == ["I am glad.", "So am I!", "我很高兴。"]
    assert [s.span.start for s in found] == pytest.approx([0.0, 1.2, 2.4])
    assert [s.span.end for s in found] == pytest.approx([1.2, 2.4, 3.2])
    assert all(s.modalities == ("text",) and s.who is None for s in found)


def test_no_end_of_a_long_sentence_is_cut_off() -> None:
    words = [f"w{i}" for i in range(203)]
    found = list(sentence_segments(" ".join(words)))
    assert " ".join(texts(found)).split() == words
    sizes = [len(s.words or ()) for s in found]
    assert max(sizes) <= 40
    assert max(sizes) - min(sizes) <= 1, "parts are about equally long"


def test_subtitles_become_utterances(tmp_path: Path) -> None:
    cues = [
        ("00:00:01,000", "00:00:02,000", "I was going to"),
        ("00:00:02,100", "00:00:03,000", "say it. And I"),
        ("00:00:03,000", "00:00:04,000", "did"),
        ("00:00:09,000", "00:00:10,000", "Later"),
    ]
    (tmp_path / "a.srt").write_text("\n\n".join(f"{n}\n{a} --> {b}\n{t}" for n, (a, b, t) in enumerate(cues)))
    found = segments(tmp_path / "a.srt")
    assert texts(found) == ["I was going to say it.", "And I did", "Later"]
    assert found[0].span.start == 1.0
    assert found[2].span == Span(9.0, 10.0)


def test_a_long_cue_is_divided_by_time_and_by_words(tmp_path: Path) -> None:
    (tmp_path / "a.srt").write_text("1\n00:00:00,000 --> 00:00:30,000\n" + "word " * 60)
    found = segments(tmp_path / "a.srt")
    assert sum(len(s.words or ()) for s in found) == 60
    assert all(4.0 <= s.span.duration <= 6.0 for s in found)
    (tmp_path / "b.srt").write_text("1\n00:00:00,000 --> 00:00:05,000\n" + "word " * 90)
    assert [len(s.words or ()) for s in segments(tmp_path / "b.srt")] == [30, 30, 30]


def test_every_speaker_and_every_language_has_utterances_of_its_own(tmp_path: Path) -> None:
    cues = ["<v Tom>I was there", "<v Ann>so was I", "<v Ann>indeed", "- and me", "- and I", "我也在", "那里"]
    web = "".join(f"00:0{n}.000 --> 00:0{n + 1}.000\n{said}\n\n" for n, said in enumerate(cues))
    (tmp_path / "a.vtt").write_text(f"WEBVTT\n\n{web}", encoding="utf-8")
    found = segments(tmp_path / "a.vtt")
    assert texts(found) == ["I was there", "so was I indeed", "and me", "and I", "我也在那里"]
    assert [s.who for s in found] == ["Tom", "Ann", None, None, None]
    assert [s.words.language for s in found if s.words] == [None] * 4 + ["zh"]


def test_sentences_without_spaces_are_divided_as_others_are() -> None:
    long = "我今天非常高兴，因为我们赢了比赛，然后一起去吃饭，大家都很开心，可是后来下雨了，我们没有带伞，只好跑回家。"
    found = list(sentence_segments(long * 2 + "你呢？"))
    assert "".join(texts(found)) == long * 2 + "你呢？"
    assert [len(s.words or ()) for s in found] == [22, 24, 22, 24, 2]
    assert found[0].span.end == pytest.approx(4.4)
    assert all(s.words is not None and s.words.language == "zh" for s in found)


def test_what_was_guessed_comes_before_the_words(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("我很高兴。你呢？".encode("gb18030"))
    first, *rest = text_file_segments(tmp_path / "a.txt")
    assert first == Notice("encoding_guessed", {"file": "a.txt", "encoding": "gb18030"})
    assert len(rest) == 2


def test_what_is_text_is_seen_by_its_ending(tmp_path: Path) -> None:
    assert [is_text(Path(n)) for n in ("a.TXT", "a.srt", "a.vtt", "a.mp4", "txt")] == [True, True, True, False, False]
    with pytest.raises(InputError, match=r"none\.txt"):
        text_file_segments(tmp_path / "none.txt")
