from __future__ import annotations

from pathlib import Path

import pytest

from mien.errors import InputError
from mien.media.written import is_text, sentence_segments, text_file_segments
from mien.types import Segment, Span


def texts(segments: list[Segment]) -> list[str]:
    return [s.words.text for s in segments if s.words is not None]


def test_a_segment_per_sentence_at_an_even_pace() -> None:
    found = list(sentence_segments("I am glad. So am I!\n我很高兴。"))
    assert texts(found) == ["I am glad.", "So am I!", "我很高兴。"]
    assert [s.span.start for s in found] == pytest.approx([0.0, 1.2, 2.4])
    assert [s.span.end for s in found] == pytest.approx([1.2, 2.4, 2.8])
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
    found = list(text_file_segments(tmp_path / "a.srt"))
    assert texts(found) == ["I was going to say it.", "And I did", "Later"]
    assert found[0].span.start == 1.0
    assert found[2].span == Span(9.0, 10.0)


def test_a_long_cue_is_divided_by_time_and_by_words(tmp_path: Path) -> None:
    (tmp_path / "a.srt").write_text("1\n00:00:00,000 --> 00:00:30,000\n" + "word " * 60)
    found = list(text_file_segments(tmp_path / "a.srt"))
    assert sum(len(s.words or ()) for s in found) == 60
    assert all(s.span.duration <= 10.0 for s in found)
    (tmp_path / "b.srt").write_text("1\n00:00:00,000 --> 00:00:05,000\n" + "word " * 90)
    assert [len(s.words or ()) for s in text_file_segments(tmp_path / "b.srt")] == [40, 40, 10]


def test_what_is_text_is_seen_by_its_ending(tmp_path: Path) -> None:
    assert [is_text(Path(n)) for n in ("a.TXT", "a.srt", "a.vtt", "a.mp4", "txt")] == [True, True, True, False, False]
    with pytest.raises(InputError, match=r"none\.txt"):
        text_file_segments(tmp_path / "none.txt")
