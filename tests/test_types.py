from __future__ import annotations

import numpy as np
import pytest

from mien.types import MODALITIES, Segment, Span, Task, Track, Word, Words


def test_span_refuses_to_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match=r"cannot end \(1\) before it starts \(2\)"):
        Span(2.0, 1.0)
    with pytest.raises(ValueError, match="finite"):
        Span(0.0, float("nan"))


def test_span_algebra() -> None:
    one, other = Span(0.0, 2.0), Span(1.5, 3.0)
    assert one & other == Span(1.5, 2.0)
    assert one | other == Span(0.0, 3.0)
    assert one & Span(2.0, 3.0) is None, "the end is excluded"
    assert 1.999 in one
    assert 2.0 not in one
    assert one.shifted(0.5) == Span(0.5, 2.5)
    assert other.duration == 1.5


def test_words_join_with_and_without_their_own_spaces() -> None:
    at = Span(0.0, 1.0)
    assert Words((Word("I", at), Word("see", at))).text == "I see"
    assert Words((Word(" I", at), Word(" see", at))).text == "I see"


def test_segment_knows_what_it_has() -> None:
    assert Segment(Span(0, 1)).modalities == ()
    words = Words((Word("yes", Span(0, 1)),))
    assert Segment(Span(0, 1), words=words).modalities == ("text",)
    assert MODALITIES == ("text", "voice", "face")


def test_track_needs_one_time_per_row() -> None:
    with pytest.raises(ValueError, match="2 times, 3 rows"):
        Track(np.zeros(2), np.zeros((3, 4)))


def test_tasks_are_checked() -> None:
    with pytest.raises(ValueError, match="needs bounds"):
        Task("valence", "score")
    with pytest.raises(ValueError, match="at least two labels"):
        Task("emotion", "single", ("happy",))
    with pytest.raises(ValueError, match="has the label '1' several times"):
        Task("stars", "single", ("1", "1", "2"))
    for name in ("a.b", "", " ", "two\nlines"):
        with pytest.raises(ValueError, match="a task cannot be called"):
            Task(name, "single", ("1", "2"))
    for name in ("情绪", "भावना", "a_b-c d/e2"):
        assert Task(name, "single", ("1", "2")).name == name
    assert Task("valence", "score", bounds=(-1.0, 1.0)).size == 1


@pytest.mark.parametrize("bounds", [(1.0, -1.0), (1.0, 1.0), (1.0,), (-1.0, 0.0, 1.0), (), (float("nan"), 1.0)])
def test_a_score_lies_between_two_numbers(bounds: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match=r"the score 'valence' needs bounds, its lowest and highest value, not \("):
        Task("valence", "score", bounds=bounds)
    assert Task("valence", "score", bounds=(-float("inf"), float("inf"))).size == 1


def test_words_are_joined_as_their_language_is_written() -> None:
    def words(*texts: str, language: str | None) -> str:
        return Words(tuple(Word(t, Span(0, 1)) for t in texts), language).text

    assert words(" I", " don't", language="en") == "I don't"
    assert words("I", "don't", language=None) == "I don't"
    assert words("我", "很", "高兴。", language="zh") == "我很高兴。"
    assert words("你好", "世界", language=None) == "你好 世界", "given words keep the spaces they were given with"
