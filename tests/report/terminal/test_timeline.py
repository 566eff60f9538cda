"""The table of a clip: readable on light and dark, in 80 columns, with what matters in plain words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mien.report.terminal.colours import LABELS, NOTE
from mien.report.terminal.tables import as_text
from mien.report.terminal.timeline import percent, render
from mien.types import Span

from ..browser import TALK, said


@pytest.mark.parametrize("colour", [NOTE, *(c for c in LABELS.values() if c)])
def test_colours_can_be_read_on_white_and_on_black(colour: str) -> None:
    def linear(value: int) -> float:
        share = value / 255
        return share / 12.92 if share <= 0.04045 else float(((share + 0.055) / 1.055) ** 2.4)

    red, green, blue = (linear(int(colour[i : i + 2], 16)) for i in (1, 3, 5))
    light = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    assert 1.05 / (light + 0.05) >= 4
    assert (light + 0.05) / 0.05 >= 4
    assert LABELS["neutral"] == "", "the terminal's own colour"


@pytest.mark.parametrize("width", [80, 100])
def test_words_have_room(width: int) -> None:
    text = as_text(render(TALK, truth=lambda p: "happy"), width)
    assert max(map(len, text.splitlines())) <= width
    assert "Don't forget" in text
    assert ("voice  face" in text) == (width > 80), "shares give way to words"


def test_a_picture_has_places_and_no_times() -> None:
    faces = (said(0, 0.1, "happy", 0.9, who) for who in ("person-1", "person-2"))
    shown = tuple(replace(p, span=Span(0, 0), shares={"face": 1.0}) for p in faces)
    still = replace(TALK, duration=0.0, predictions=shown)
    head, first, second, *_ = as_text(render(still), 80).splitlines()
    assert head.split() == ["person", "face", "at", "expressed"]
    assert "20% across, 40% down" in first
    assert "70% across, 40% down" in second


def test_conflicts_and_doubts_are_told_in_plain_words() -> None:
    odd = replace(
        TALK.predictions[1], opinions={"voice": TALK.predictions[1].scores, "face": {"sad": 0.9, "happy": 0.1}},
        reasons=("short_speech",),
    )  # fmt: skip
    text = " ".join(as_text(render(replace(TALK, predictions=(TALK.predictions[0], odd))), 100).split())
    assert "happy! 80%" in text
    assert "! Inputs disagree (0:01.6 person-2): the voice happy (80%) but the face sad (90%)." in text
    assert "In 1 of 2 moments there is hardly any voice, so the answer is less sure." in text
    assert "By person" not in text, "the rows say it"
    assert "By person, on average: person-1" in " ".join(as_text(render(TALK), 100).split())


def test_nothing_is_certain() -> None:
    assert [percent(p) for p in (1.0, 0.994, 0.5, 0.006, 0.0)] == [">99%", "99%", "50%", "1%", "<1%"]
