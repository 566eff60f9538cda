"""The sentences of the challenge, and how answers to them are counted."""

from __future__ import annotations

import runpy
from collections import Counter

import pytest

from mien.emotions import EMOTIONS
from mien.media.text.words import language_of

from ..conftest import ROOT

SCRIPT = runpy.run_path(str(ROOT / "benchmarks" / "challenge.py"))
KINDS, LANGUAGES, Sentence = SCRIPT["KINDS"], SCRIPT["LANGUAGES"], SCRIPT["Sentence"]


def test_each_kind_has_as_many_sentences_in_each_language() -> None:
    asked = SCRIPT["sentences"]()
    assert Counter((s.kind, s.language) for s in asked) == {(k, lang): 25 for k in KINDS for lang in LANGUAGES}
    assert len({s.text for s in asked}) == 300
    assert all(s.right and set(s.right) <= set(EMOTIONS) for s in asked)
    assert all(s.right == ("neutral",) for s in asked if s.kind == "neutral")
    assert all(language_of(s.text) != "zh" for s in asked if s.language == "en")
    assert sum(language_of(s.text) == "zh" for s in asked if s.language == "zh") >= 148


def test_any_of_the_right_labels_counts() -> None:
    asked = [
        Sentence("a", language, kind, ("sad", "angry") if kind == "emoji" else ("happy",))
        for kind in KINDS
        for language in LANGUAGES
    ]
    found = SCRIPT["rates"](asked, ["angry" if s.kind == "emoji" else "" for s in asked])
    assert found["emoji", "en"] == found["emoji", "all"] == 1.0
    assert found["slang", "zh"] == 0.0
    assert found["all", "zh"] == pytest.approx(1 / 6)
