"""The words for emotions: families, forms, places and wheels."""

from __future__ import annotations

import tomllib

import pytest

from mien.emotions import EMOTIONS, POSITIONS
from mien.vocabulary.words import WHEELS, coverage, families, family_of, group_of, place_of

from ..conftest import ROOT

TABLE = tomllib.loads((ROOT / "src/mien/vocabulary/words.toml").read_text(encoding="utf-8"))["family"]
GOEMOTIONS = """admiration amusement anger annoyance approval caring confusion curiosity desire disappointment disapproval
disgust embarrassment excitement fear gratitude grief joy love nervousness optimism pride relief remorse sadness surprise
neutral"""
GROUPS = {"plutchik": 8, "geneva": 20, "shaver": 6}


def test_each_word_is_in_one_family() -> None:
    words = [word for row in TABLE for word in (*row["en"].split(), *row["zh"].split())]
    assert sorted(words) == sorted(set(words))
    assert len(words) > 900
    assert all(word == word.casefold() for word in words)


@pytest.mark.parametrize("family", families(), ids=lambda f: f.name)
def test_a_family_has_a_label_and_a_place_that_fit(family: object) -> None:
    from mien.vocabulary.words import Family

    assert isinstance(family, Family)
    assert family.label in ("", *EMOTIONS)
    assert all(-1 <= number <= 1 for number in family.place)
    if family.label and family.label not in ("neutral", "surprised") and family.name not in ("compassion", "nostalgia"):
        assert family.place[0] * POSITIONS[family.label][0] > 0, "on the same side as its label"


def test_the_wheels_have_the_groups_of_their_authors() -> None:
    for wheel, count in GROUPS.items():
        named = {f.groups[wheel] for f in families() if not f.groups[wheel].startswith("(")}
        assert len(named) <= count
        assert len(named) >= count - 2, f"{wheel} lacks groups: {named}"


def test_forms_of_a_word_are_found() -> None:
    for word in ("Happy", "happily", "happiness", "sadly", " ANGRY ", "let down", "愤怒的", "失落感", "悲伤情绪"):
        assert family_of(word) is not None, word
    for word in ("", "table", "zorgy", "的", "happyish"):
        assert family_of(word) is None, word


def test_the_labels_of_mien_and_goemotions_are_known() -> None:
    assert [family_of(label).label for label in EMOTIONS] == list(EMOTIONS)  # type: ignore[union-attr]  # all are known
    assert coverage(GOEMOTIONS.split()) == (27, 27)
    assert [label for label in EMOTIONS if family_of(label).place != POSITIONS[label]] == []  # type: ignore[union-attr]  # the same


def test_unknown_words_are_groups_of_their_own() -> None:
    assert len({group_of(w, WHEELS[0]) for w in ("zorgy", "Zorgy ", "florpy")}) == 2


def test_the_place_of_words_is_the_mean_of_the_known_ones() -> None:
    assert place_of({"happy": 0.5, "sad": 0.5, "zorgy": 1.0}) == pytest.approx(((0.81 - 0.63) / 2, (0.51 - 0.27) / 2))
    assert place_of({"zorgy": 1.0}) is None
    assert place_of({}) is None
