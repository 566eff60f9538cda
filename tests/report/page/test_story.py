"""What a timeline comes to in words: only what its numbers say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mien.emotions import EMOTIONS
from mien.report.language import Language
from mien.report.page import story
from mien.timeline import Opinion, Prediction, Timeline, best, mean
from mien.types import Modality, Span

EN, ZH = Language("en"), Language("zh")


def scores(**given: float) -> dict[str, float]:
    return dict.fromkeys(EMOTIONS, 0.0) | given


def said(start: float, end: float, who: str | None = "person-1", **given: float) -> Prediction:
    table = scores(**given)
    opinions: dict[Modality, dict[str, float]] = {"voice": table}
    doubtful = max(table.values()) < 0.5
    shares: dict[Modality, float] = {"voice": 1.0}
    return Prediction(Span(start, end), who, "", best(table), table, 0.5, 0.5, shares, opinions, {}, uncertain=doubtful)


def timeline(*predictions: Prediction) -> Timeline:
    whole = mean(predictions)
    return Timeline("x.mp4", 30.0, "b", "0", predictions, best(whole) if whole else None, whole, 0.0, 0.0)


def opposed(text: dict[str, float], voice: dict[str, float]) -> Prediction:
    return replace(said(0, 1, happy=0.6, sad=0.4), opinions={"text": text, "voice": voice})


def test_a_conflict_needs_two_sure_inputs_far_apart() -> None:
    found = opposed(scores(happy=0.8, angry=0.2), scores(angry=0.6, neutral=0.4)).conflict
    assert found == (Opinion("text", "happy", 0.8), Opinion("voice", "angry", 0.6))
    assert opposed(scores(happy=0.8), scores(happy=0.6, angry=0.4)).conflict is None, "they agree"
    assert opposed(scores(happy=0.8), scores(angry=0.49)).conflict is None, "one is unsure"
    assert opposed(scores(happy=0.6, angry=0.4), scores(angry=0.6)).conflict is None, "not far apart"
    assert said(0, 1, happy=1.0).conflict is None, "one input alone"
    three = replace(opposed(scores(happy=0.6), scores(angry=0.7)), opinions={
        "text": scores(happy=0.6), "voice": scores(angry=0.7), "face": scores(sad=0.9)
    })  # fmt: skip
    assert [o.modality for o in three.conflict or ()] == ["voice", "face"], "the surest pair"


def test_people_are_means_weighted_by_duration() -> None:
    rows = timeline(said(0, 3, happy=1.0), said(3, 4, sad=1.0), said(4, 5, "Ann", angry=1.0), said(5, 5, None, sad=1.0))
    first, second, third = story.people(rows)
    assert (first.who, first.count, first.seconds, first.label) == ("person-1", 2, 4.0, "happy")
    assert first.scores["happy"] / first.scores["sad"] == pytest.approx(1e4 ** ((3 - 1) / 4)), (
        "the mean of the evidence"
    )
    assert (second.who, third.who, third.seconds, third.label) == ("Ann", None, 0.0, "sad")


def test_shares_count_absence_as_nothing() -> None:
    both = replace(said(0, 1, happy=1.0), shares={"text": 0.5, "face": 0.5})
    found = story.shares([both, said(1, 4, happy=1.0)])
    assert found == {"text": 0.125, "voice": 0.75, "face": 0.125}
    assert story.shares([]) == {}


def test_alone_averages_over_the_moments_that_have_the_input() -> None:
    both = replace(said(0, 1, happy=1.0), opinions={"text": scores(sad=1.0), "voice": scores(happy=1.0)})
    found = story.alone(timeline(both, said(1, 4, angry=1.0)))
    assert found["text"]["sad"] == pytest.approx(1.0, abs=1e-3)
    assert found["voice"]["angry"] / found["voice"]["happy"] == pytest.approx(1e4 ** ((3 - 1) / 4))


def test_the_summary_tells_the_whole() -> None:
    rows = timeline(
        said(0, 9, happy=0.9, sad=0.1),
        said(11, 19, sad=0.4, happy=0.3, angry=0.3),
        said(21, 30, "Ann", sad=0.8, happy=0.2),
    )
    assert story.summary(rows, EN) == (
        "On the whole the expression is mostly happy (about 55%), followed by sad (about 45%). "
        "By person, on average: Person 1: happy (about 75%) and Ann: sad (about 80%). "
        "It begins mostly happy and ends mostly sad. "
        "The clearest moment, where an emotion other than neutral is most probable, is at 0:00: happy (about 90%). "
        "Only the voice could be read. Uncertain, a best guess only: 1 of 3 moments."
    )
    chinese = story.summary(rows, ZH)
    assert chinese.startswith("总体上，表达的情绪以高兴为主（约 55%），其次是悲伤（约 45%）。")
    assert "按人物平均：人物 1：高兴（约 75%）和Ann：悲伤（约 80%）。" in chinese
    assert "3 个时刻中有 1 个不确定" in chinese


def test_the_summary_says_no_more_than_there_is() -> None:
    assert story.summary(timeline(), EN) == "Nothing that shows an emotion could be read in this clip."
    one = story.summary(timeline(said(0, 2, happy=0.96, sad=0.04)), EN)
    assert one == "On the whole the expression is mostly happy (over 95%). Only the voice could be read."
    still = replace(timeline(*[said(0, 0, f"person-{i}", happy=1.0) for i in range(1, 4)]), duration=0.0)
    assert "moment is at" not in story.summary(still, EN)
    crowd = timeline(*[said(i, i + 1 + i / 9, f"person-{i}", happy=1.0) for i in range(1, 7)])
    assert "for the 4 seen longest: Person 3: happy (>99%), Person 4" in story.summary(crowd, EN)
    assert "{x}" in story.summary(timeline(said(0, 1, "{x}", happy=1.0), said(1, 2, "Ann", sad=1.0)), EN)


def test_against_neutral_the_moments_that_stand_out_are_named() -> None:
    calm = [said(k, k + 1, neutral=0.9, sad=0.1) for k in range(0, 20, 2)]
    loud = [said(21, 22, angry=0.8), said(23, 24, happy=0.9), said(25, 26, angry=0.6), said(27, 28, sad=0.7)]
    found = story.summary(timeline(*calm, *loud), EN)
    assert (
        "Neutral is the ground; most clearly these moments stand out from it: "
        "0:21 angry (about 80%), 0:23 happy (about 90%) and 0:27 sad (about 70%)."
    ) in found
