from __future__ import annotations

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
