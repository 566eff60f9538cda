"""Scores of free words, against values computed by hand on our own wheels."""

from __future__ import annotations

import pytest

from mien.evaluation.open_vocabulary import agreement, hit_rate, open_scores
from mien.vocabulary.words import group_of


def test_synonyms_on_a_wheel_are_one_word() -> None:
    found = open_scores([["glad"]], [["happy"]])
    assert (found.mean.precision, found.mean.recall, found.mean.f1) == (1.0, 1.0, 1.0)


def test_precision_and_recall_by_hand() -> None:
    # On Plutchik's wheel furious is anger, and contempt is disgust. Shaver has both under anger, and Geneva apart.
    assert [group_of("contempt", w) for w in ("plutchik", "geneva", "shaver")] == ["disgust", "contempt", "anger"]
    found = open_scores([["furious", "contempt"], ["glad"]], [["angry"], ["sad", "happy"]])
    by_hand = {
        "plutchik": ((0.5 + 1) / 2, (1 + 0.5) / 2),
        "geneva": ((0.5 + 1) / 2, 0.75),
        "shaver": ((1 + 1) / 2, 0.75),
    }
    for wheel, (precision, recall) in by_hand.items():
        score = found.wheels[wheel]
        assert (score.precision, score.recall) == pytest.approx((precision, recall)), wheel
        assert score.f1 == pytest.approx(2 * precision * recall / (precision + recall))
    assert found.mean.precision == pytest.approx((0.75 + 0.75 + 1.0) / 3)
    assert found.mean.f1 == pytest.approx(sum(s.f1 for s in found.wheels.values()) / 3)


def test_unknown_words_are_counted_and_not_dropped() -> None:
    found = open_scores([["happy", "zorgy"]], [["happy"]])
    assert found.mean.precision == 0.5
    assert (found.known, found.words) == (1, 2)
    both = open_scores([["zorgy"]], [["zorgy"]])
    assert both.mean.f1 == 1.0, "the same word is the same, known or not"
    assert open_scores([["zorgy"]], [["florpy"]]).mean.f1 == 0.0
    truths = open_scores([["happy"]], [["happy", "florpy"]])
    assert (truths.mean.recall, truths.known_truths, truths.truths) == (0.5, 1, 2)


def test_an_empty_answer_has_no_precision() -> None:
    found = open_scores([[], ["happy"]], [["sad"], ["happy"]])
    assert (found.mean.precision, found.mean.recall) == (0.5, 0.5)


def test_english_and_chinese_words_are_in_one_vocabulary() -> None:
    assert open_scores([["愤怒", "难过"]], [["angry", "sad"]]).mean.f1 == 1.0


def test_the_hit_rate_by_hand() -> None:
    assert hit_rate([["furious", "sad"], ["curious"], []], ["angry", "happy", "sad"]) == pytest.approx(1 / 3)
    assert open_scores([["glad"]], [["happy"]], ["happy"]).hit_rate == 1.0


def test_agreement_of_runs_by_hand() -> None:
    same = [["glad"], ["sad", "angry"]]
    assert agreement([same, [["happy"], ["furious", "tearful"]]]).tolist() == [1.0, 1.0]
    other = [["glad"], ["sad"]]
    assert agreement([same, other]).mean() == pytest.approx((1 + 0.5) / 2)
    assert agreement([same, other, other]).mean() == pytest.approx((0.75 + 0.75 + 1.0) / 3)
    assert agreement([[[]], [[]]]).tolist() == [1.0]
    with pytest.raises(ValueError, match="two runs"):
        agreement([same])
