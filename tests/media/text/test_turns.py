from __future__ import annotations

from itertools import pairwise

from mien.media.text.cues import Cue
from mien.media.text.turns import turns
from mien.types import Span


def cue(start: float, end: float, *lines: str) -> Cue:
    return Cue(Span(start, end), lines)


def texts(*cues: Cue) -> list[str]:
    return [turn.text for turn in turns(cues)]


def test_markup_is_no_word() -> None:
    raw = "{\\an8}<font color='red'>I &amp; <b>you</b></font> &lt;3\\Nsaid&nbsp;it\u200e", "<c.red>a < b</c>"
    assert texts(cue(0, 1, *raw)) == ["I & you <3 said it a < b"]


def test_a_dash_begins_the_turn_of_somebody_else() -> None:
    found = turns([cue(0, 4, "-Hello, all of", "you", "- And you?"), cue(5, 6, "&gt;&gt; It is", "-5 degrees")])
    assert [t.text for t in found] == ["Hello, all of you", "And you?", "It is -5 degrees"]
    assert all(t.new for t in found)
    assert (found[0].span.start, found[1].span.end) == (0, 4)
    assert found[0].span.end == found[1].span.start


def test_times_inside_of_a_cue_are_those_of_its_words() -> None:
    (turn,) = turns([cue(0, 2, "so<00:00:00.500><c> very</c><00:00:01.000><c> happy</c>")])
    assert turn.pieces == ((Span(0, 0.5), "so"), (Span(0.5, 1.0), " very"), (Span(1.0, 2), " happy"))
    (turn,) = turns([cue(0, 2, "so<00:00:09.500> very")])
    assert turn.pieces == ((Span(0, 2), "so very"),), "times outside of the cue say nothing"


def test_captions_that_grow_give_each_word_once() -> None:
    growing = [cue(0, 1, "I"), cue(1, 2, "I love"), cue(2, 3, "I love you"), cue(3, 4, "so much")]
    assert texts(*growing) == ["I", "love", "you", "so much"]


def test_who_repeats_himself_is_heard_twice() -> None:
    assert texts(cue(0, 1, "No!"), cue(1, 2, "No!"), cue(2, 3, "No!")) == ["No!", "No!", "No!"]
    assert texts(cue(0, 1, "I know."), cue(1, 2, "I know. You too"), cue(2, 3, "Yes"), cue(3, 4, "Go")) == [
        "I know.",
        "I know. You too",
        "Yes",
        "Go",
    ]


def test_cues_at_the_same_time_take_turns_by_their_length() -> None:
    found = turns([cue(0, 6, "a" * 10), cue(0, 6, "b" * 20), cue(0, 6, "c" * 20)])
    assert [t.span.start for t in found] == sorted(t.span.start for t in found)
    assert all(a.span.end == b.span.start and a.span.duration > 0 for a, b in pairwise(found))
    assert [t.new for t in found] == [False, True, True]


def test_a_turn_that_can_be_said_before_the_next_begins_ends_there() -> None:
    first, second = turns([cue(0, 5, "I love you"), cue(3, 8, "and I you")])
    assert (first.span, second.span) == (Span(0, 3), Span(3, 8))
    assert not second.new
    long, inside = turns([cue(0, 10, "I was going to tell you all about it " * 4), cue(3, 4, "No")])
    assert 3 < long.span.end == inside.span.start < inside.span.end == 4
