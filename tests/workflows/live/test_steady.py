"""A shown label does not flicker."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from mien.emotions import EMOTIONS
from mien.timeline import Prediction
from mien.types import Span
from mien.workflows.live.steady import Steady


def answer(start: float, label: str, sure: float, who: str | None = "person-1", seconds: float = 1.0) -> Prediction:
    scores = dict.fromkeys(EMOTIONS, (1 - sure) / 6) | {label: sure}
    return Prediction(Span(start, start + seconds), who, "", label, scores, 0.0, 0.0, {}, {}, {})


def changes(answers: Sequence[Prediction]) -> int:
    steady = Steady()
    return sum(steady.show(p)[2] for p in answers)


def test_labels_that_are_about_as_probable_do_not_flicker() -> None:
    minute = [answer(n, "neutral" if n % 2 else "sad", 0.4) for n in range(60)]
    assert changes(minute) == 1


def test_a_short_moment_changes_nothing_and_a_clear_change_is_shown_within_two_answers() -> None:
    calm = [answer(n, "neutral", 0.8) for n in range(10)]
    blink = answer(10, "surprised", 0.6, seconds=0.2)
    assert changes([*calm, blink, *calm]) == 1
    steady = Steady()
    for p in calm:
        steady.show(p)
    shown = [steady.show(answer(10 + n, "angry", 0.9))[0] for n in range(3)]
    assert shown[-2:] == ["angry", "angry"]


def test_people_are_shown_apart() -> None:
    steady = Steady()
    assert steady.show(answer(0, "happy", 0.9))[0] == "happy"
    assert steady.show(answer(0, "sad", 0.9, who="person-2"))[0] == "sad"
    assert steady.show(answer(1, "happy", 0.9))[0] == "happy"


def test_the_first_answer_is_shown_as_it_is() -> None:
    label, scores, changed = Steady().show(answer(0, "happy", 0.7))
    assert (label, changed) == ("happy", True)
    assert scores["happy"] == pytest.approx(0.7)


def test_an_answer_so_far_counts_until_the_next_one_and_no_longer() -> None:
    steady = Steady()
    steady.show(answer(0, "neutral", 0.8))
    grown = [answer(1, "angry", 0.9, seconds=0.4 * n) for n in range(1, 9)]
    shown = [steady.glance(p) for p in grown]
    assert [s.changed for s in shown].count(True) == 1, "it changes while the utterance goes on, and then stays"
    assert shown[-1].label == "angry"
    # However often an utterance was answered before its end, it counts once.
    assert steady.show(grown[-1]).scores["angry"] == pytest.approx(shown[-1].scores["angry"])


def test_answers_so_far_that_disagree_do_not_flicker() -> None:
    steady = Steady()
    steady.show(answer(0, "neutral", 0.5, seconds=3.0))
    minute = [answer(3, "sad" if n % 2 else "neutral", 0.45, seconds=0.2 * n) for n in range(1, 31)]
    assert sum(steady.glance(p).changed for p in minute) <= 1
