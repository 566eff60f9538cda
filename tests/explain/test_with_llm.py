"""A language model as one more player: the pool by hand, exact Shapley values, and moments without a valid answer."""

from __future__ import annotations

import numpy as np
import pytest

from mien.explain.with_llm import joined, whole
from mien.llms.opinion.nouns import LlmOpinion, LlmRecord
from mien.timeline import Prediction, Timeline
from mien.types import Span

PLACES = {"happy": (0.8, 0.5), "sad": (-0.6, -0.3)}
NOTHING, TEXT, BOTH = frozenset[str](), frozenset({"text"}), frozenset({"text", "face"})


def answer(label_probability: float = 0.3) -> Prediction:
    happy = label_probability
    rows = {NOTHING: (0.5, 0.5), TEXT: (0.2, 0.8), frozenset({"face"}): (0.6, 0.4), BOTH: (happy, 1 - happy)}
    return Prediction(
        Span(0.0, 2.0),
        None,
        "well",
        "sad",
        {"happy": happy, "sad": 1 - happy},
        0.0,
        0.0,
        {"text": 0.7, "face": 0.3},
        {"text": {"happy": 0.2, "sad": 0.8}, "face": {"happy": 0.6, "sad": 0.4}},
        {},
        contributions={"text": 0.25, "face": -0.05},
        label_set=("sad", "happy"),
        reasons=("noise",),
        subsets=rows,  # type: ignore[arg-type]  # the names of modalities
    )


SAID = LlmOpinion({"happy": 0.9, "sad": 0.1}, "samples", 5)


def test_it_is_one_more_opinion_in_the_log_linear_pool() -> None:
    found = joined(answer(), SAID, PLACES, 0.5, alone=False)
    odds = np.asarray([0.3 * 0.9**0.5, 0.7 * 0.1**0.5])
    assert list(found.scores.values()) == pytest.approx(odds / odds.sum())
    assert found.label == "happy"
    assert found.valence == pytest.approx(0.8 * found.scores["happy"] - 0.6 * found.scores["sad"])
    assert found.label_set == ()
    assert (found.uncertain, found.reasons) == (False, ("noise",))
    assert found.llm is not None
    everything = sum(found.contributions.values()) + found.llm.contribution
    assert everything == pytest.approx(found.scores["happy"] - 0.5), "Shapley values sum to the change"
    assert sum(found.shares.values()) + found.llm.share == pytest.approx(1.0)
    assert found.llm.contribution > 0 > found.contributions["text"]
    assert found.conflict is not None
    assert {side.modality for side in found.conflict} == {"text", "llm"}


def test_without_weight_nothing_changes() -> None:
    found = joined(answer(), SAID, PLACES, 0.0, alone=False)
    assert found.scores == pytest.approx(answer().scores)
    assert found.llm is not None
    assert found.llm.share == pytest.approx(0.0)


def test_alone_its_answer_stands_for_all() -> None:
    found = joined(answer(), SAID, PLACES, 0.5, alone=True)
    assert found.scores == SAID.scores
    assert (found.shares, found.contributions) == ({}, {})
    assert found.llm is not None
    assert found.llm.share == 1.0
    assert found.opinions == answer().opinions, "what was measured stays beside it"


def test_without_a_valid_answer_the_answer_stands_and_says_so() -> None:
    for alone in (True, False):
        found = joined(answer(), LlmOpinion(), PLACES, 0.5, alone)
        assert found.scores == answer().scores
        assert found.reasons == ("noise", "llm_no_answer")
        assert found.llm == LlmOpinion()


def test_the_whole_clip_is_counted_again() -> None:
    before = Timeline("x", 2.0, "b", "0", (answer(),), "sad", answer().scores, 0.0, 0.0)
    record = LlmRecord("m", "here", "p", 5, 1.0, 0, False, 0.5, False, ("text",), 1, 1)
    found = whole(before, [SAID], PLACES, record)
    assert found.label == "happy"
    assert found.scores == pytest.approx(found.predictions[0].scores)
    assert found.llm == record
