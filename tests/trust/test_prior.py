"""Priors are read from text, and applied by Bayes' rule."""

from __future__ import annotations

import numpy as np
import pytest

from mien.errors import InputError
from mien.pipeline import Analyzer
from mien.trust.prior import expecting, prior_of
from mien.types import EMOTION


def test_shares_are_read() -> None:
    assert prior_of("even", EMOTION) == pytest.approx(np.full(7, 1 / 7))
    talk = dict(zip(EMOTION.labels, prior_of("talk", EMOTION), strict=True))
    assert talk["neutral"] == pytest.approx(0.446, abs=0.001)
    named = dict(zip(EMOTION.labels, prior_of("neutral=0.5, sad = 0.2", EMOTION), strict=True))
    assert (named["neutral"], named["sad"], named["happy"]) == pytest.approx((0.5, 0.2, 0.06))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("natural", "give even, talk, or shares"),
        ("neutrl=0.5", "did you mean 'neutral'"),
        ("neutral=much", "a number between 0 and 1"),
        ("neutral=1.2", "above 0"),
        ("neutral=0", "above 0"),
        ("neutral=1", "leave something"),
    ],
)
def test_mistakes_are_named(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        prior_of(text, EMOTION)


def test_bayes_rule() -> None:
    scores = np.asarray([[0.5, 0.3, 0.2], [0.2, 0.2, 0.6]], np.float32)
    found = expecting(scores, np.asarray([0.2, 0.6, 0.2], np.float32))
    assert found == pytest.approx(np.asarray([[0.1, 0.18, 0.04], [0.04, 0.12, 0.12]]) / [[0.32], [0.28]])


def test_an_analysis_expects_what_it_is_told() -> None:
    text = "I finally passed the exam."
    even, told = (Analyzer(prior=p).analyze(text=text).predictions[0] for p in ("even", "neutral=0.9"))
    odds = even.scores["happy"] / even.scores["neutral"]
    assert told.scores["happy"] / told.scores["neutral"] == pytest.approx(odds * (0.1 / 6) / 0.9, rel=1e-3)
    assert told.scores["neutral"] > even.scores["neutral"]
