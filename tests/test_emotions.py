from __future__ import annotations

import pytest

from mien.emotions import EMOTIONS, POSITIONS, SYNONYMS, canonical, expected
from mien.types import EMOTION


def test_there_is_one_vocabulary() -> None:
    assert EMOTION.labels == EMOTIONS == tuple(POSITIONS)
    assert set(SYNONYMS.values()) == set(EMOTIONS)
    assert not set(SYNONYMS) & set(EMOTIONS), "a label is no synonym"
    assert all(name == name.casefold() for name in SYNONYMS), "names are looked up in lower case"


@pytest.mark.parametrize(
    ("value", "label"),
    [("sad", "sad"), (" Sad ", "sad"), ("Anger", "angry"), ("SUR", "surprised"), ("bored", None), ("", None)],
)
def test_a_value_means_a_label_its_other_case_or_a_synonym(value: str, label: str | None) -> None:
    assert canonical(value, EMOTIONS) == label


def test_labels_of_another_task_have_no_synonyms() -> None:
    assert canonical("joy", ("joy", "grief")) == "joy"
    assert canonical("anger", ("joy", "grief")) is None


def test_valence_and_arousal_are_means_over_the_labels() -> None:
    assert expected({"happy": 0.5, "sad": 0.5}, POSITIONS) == pytest.approx((0.09, 0.12))
    assert expected({"happy": 0.5, "ironic": 0.5}, POSITIONS) == (None, None), "a label without a place"
    assert expected({}, POSITIONS) == (None, None)
