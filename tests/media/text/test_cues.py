from __future__ import annotations

import pytest

from mien.media.text.cues import Cue, marked_cues, styled_cues
from mien.types import Span


def lines(text: str) -> list[list[str]]:
    return [[line for line in cue.lines if line.strip()] for cue in marked_cues(text).cues]


@pytest.mark.parametrize(
    ("times", "span"),
    [
        ("00:00:01,000 --> 00:00:02,500", (1.0, 2.5)),
        ("0:0:1,5 --> 0:0:2", (1.5, 2.0)),
        ("00:01.000 --> 00:02.000 align:left line:0", (1.0, 2.0)),
        ("00:00:01:200-->00:00:02:5", (1.2, 2.5)),
        ("00: 00: 01, 000 --> 00: 00: 02, 500", (1.0, 2.5)),
        ("00：00：01，000 －－＞ 00：00：02，000", (1.0, 2.0)),
        ("00:00:01.000 -> 00:00:02.000", (1.0, 2.0)),
        ("00:00:01.000 → 00:00:02.000", (1.0, 2.0)),
        ("123:00:01.000 --> 123:00:02.000", (442801.0, 442802.0)),
    ],
)
def test_times_as_people_write_them(times: str, span: tuple[float, float]) -> None:
    assert marked_cues(f"1\n{times}\nHello\n") == ([Cue(Span(*span), ("Hello", ""))], 0)


@pytest.mark.parametrize(
    "times", ["00:xx --> 00:05.000", "00:00:05 --> 00:00:01", "00:00:05,000 -->", "00:00:01 --> 00:00:01", "--> 0:0:5"]
)
def test_what_cannot_be_read_is_counted_with_its_words(times: str) -> None:
    found = marked_cues(f"1\n{times}\nlost\n\n2\n00:00:06,000 --> 00:00:07,000\nHello\n")
    assert [cue.lines for cue in found.cues] == [("Hello", "")]
    assert found.unread == 1


def test_words_before_the_first_times_are_counted_too() -> None:
    assert marked_cues("1\nlost\n\n2\n00:06 --> 00:07\nHello").unread == 1
    assert marked_cues("\n1\n00:06 --> 00:07\nHello").unread == 0
    assert marked_cues("WEBVTT\nKind: captions\n\n00:06.000 --> 00:07.000\nHello").unread == 0


def test_times_in_a_line_of_words_are_words() -> None:
    said = ["from 10:00 -> 11:00", "look --> there", "10:00 -> 11:00", "I <3 you >>"]
    assert lines("00:01 --> 00:02\n" + "\n".join(said)) == [said]


def test_numbers_and_names_of_cues_are_no_words() -> None:
    assert lines("1\n00:01 --> 00:02\nHow many?\n3\n\n2\n00:03 --> 00:04\nSo?\n3\n00:05 --> 00:06\nYes") == [
        ["How many?", "3"],
        ["So?"],
        ["Yes"],
    ]
    web = (
        "WEBVTT\n\nNOTE not said\n00 nor this\n\nSTYLE\n::cue { color: red }\n\nintro\n00:01.000 --> 00:02.000\nHi\n\n"
    )
    web += "the end\n00:03.000 --> 00:04.000\nBye\n\nNOTE\nnor this\n"
    assert lines(web) == [["Hi"], ["Bye"]]


def test_nothing_is_lost_to_blank_lines() -> None:
    assert lines("WEBVTT\n\n00:01.000 --> 00:02.000\n\nhello\n\nyou\n\n00:03.000 --> 00:04.000\nBye") == [
        ["hello", "you"],
        ["Bye"],
    ]


def test_a_line_of_a_styled_file_that_cannot_be_read_costs_no_other() -> None:
    text = "[V4 Styles]\n[Events]\nDialogue: Marked=0,0:00:01.00,0:00:02.00,X,,0,0,0,,Hello\nDialogue: what\nDialogue: "
    found = styled_cues(text + "Marked=0,0:00:05.00,0:00:04.00,X,,0,0,0,,back\nDialogue: x" + "y" * 20_000)
    assert found.cues == [Cue(Span(1.0, 2.0), ("Hello",))]
    assert found.unread == 3
