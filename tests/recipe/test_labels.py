from __future__ import annotations

import pytest

from mien.emotions import EMOTIONS
from mien.errors import InputError
from mien.recipe.labels import LabelTable, labels_of, proposed

GIVEN = ("neu", "hap", "ang", "sad")


def test_each_label_of_the_classifier_is_mapped_or_left_out() -> None:
    table = LabelTable({"neu": "neutral", "hap": "happy", "sad": "sad"}, ("ang",))
    assert table.targets(GIVEN, EMOTIONS, "m") == (0, 1, -1, 2)


@pytest.mark.parametrize(
    ("labels", "left_out", "why"),
    [
        ({"neu": "neutral", "hap": "happy", "sad": "sad"}, (), "nothing says what 'ang' of 'm' means"),
        ({"neutr": "neutral"}, GIVEN, r"'m' has no label 'neutr'; "),
        ({"happ": "happy"}, GIVEN, "did you mean 'hap'"),
        (
            {"neu": "neutral", "hap": "hapy"},
            ("ang", "sad"),
            "stands for 'hapy', which the task lacks; did you mean 'happy'",
        ),
        (
            {"neu": "neutral", "hap": "happy"},
            ("ang", "sad", "hap"),
            "'hap' of 'm' stands under labels and under left_out",
        ),
        ({"neu": "neutral"}, ("ang", "sad", "hap"), "fewer than two labels"),
    ],
)
def test_a_wrong_table_is_told(labels: dict[str, str], left_out: tuple[str, ...], why: str) -> None:
    with pytest.raises(InputError, match=why):
        LabelTable(labels, left_out).targets(GIVEN, EMOTIONS, "m")


def test_labels_come_in_the_order_of_the_outputs() -> None:
    assert labels_of({"id2label": {"10": "k", **{str(i): str(i) for i in range(10)}}}, "m")[10] == "k"
    assert labels_of({"id2label": {0: "a", 1: "b"}}, "m") == ("a", "b")


@pytest.mark.parametrize(
    ("config", "why"),
    [
        ({}, "has no labels"),
        ({"id2label": ["a", "b"]}, "has no labels"),
        ({"id2label": {"1": "a", "2": "b"}}, "not numbered from 0"),
        ({"id2label": {"0": "a"}}, "not numbered from 0, or not 2 to"),
        ({"id2label": {"0": "a", "1": "a"}}, "has the label 'a' several times"),
        ({"id2label": {"0": "a", "1": "b"}, "problem_type": "regression"}, "answers with numbers"),
    ],
)
def test_a_config_that_is_none_of_a_classifier(config: dict[str, object], why: str) -> None:
    with pytest.raises(InputError, match=why):
        labels_of(config, "m")


def test_a_proposal_goes_by_names_alone() -> None:
    assert proposed(("Happy", "ANGER", "nervousness", "LABEL_3", "bored"), EMOTIONS) == {
        "Happy": "happy",
        "ANGER": "angry",
        "nervousness": "fearful",
    }
    assert proposed(("joy",), ("yes", "no")) == {}
