"""From answers to probabilities, against values computed by hand."""

from __future__ import annotations

import math

import pytest

from mien.llms.base import Token
from mien.llms.opinion.distribution import from_samples, from_tokens

LABELS = ("happy", "sad", "surprised")


def test_shares_of_samples_are_smoothed_by_one_answer() -> None:
    found = from_samples(LABELS, ["sad", "sad", "happy", "sad"])
    assert found == pytest.approx({"happy": (1 + 1 / 3) / 5, "sad": (3 + 1 / 3) / 5, "surprised": (1 / 3) / 5})
    assert from_samples(LABELS, ["sad"] * 5)["sad"] == pytest.approx(16 / 18)
    with pytest.raises(ValueError, match="at least one"):
        from_samples(LABELS, [])


def tokens(*texts: str, at: int, **odds: float) -> list[Token]:
    pairs = tuple((text, math.log(odd)) for text, odd in odds.items())
    return [Token(text, pairs if k == at else ((text, 0.0),)) for k, text in enumerate(texts)]


def test_token_probabilities_are_those_where_the_label_begins() -> None:
    found = from_tokens(LABELS, tokens('{"label"', ': "', "sad", '"}', at=2, sad=0.6, happy=0.2, the=0.2))
    assert found is not None
    assert found["sad"] == pytest.approx(0.6 / (0.8 + 1e-4))
    assert found["happy"] == pytest.approx(0.2 / (0.8 + 1e-4))


def test_an_alternative_that_begins_several_labels_is_divided() -> None:
    found = from_tokens(LABELS, tokens('{"label": "', "s", 'ad"}', at=1, s=0.8, h=0.2))
    assert found == pytest.approx({"happy": 0.2, "sad": 0.4, "surprised": 0.4})


def test_the_token_may_begin_before_the_label() -> None:
    mixed = [
        Token('{"label":', ()),
        Token(' "sad', ((' "sad', math.log(0.9)), (' "hap', math.log(0.1)))),
        Token('"}', ()),
    ]
    found = from_tokens(LABELS, mixed)
    assert found is not None
    assert found["happy"] == pytest.approx(0.1 / (1 + 1e-4))


@pytest.mark.parametrize(
    "given",
    [[], [Token("sad", ())], [Token('{"label": "', ()), Token("sad", ())], [Token('{"label": 1}', (("x", -1.0),))]],
)
def test_without_the_place_there_are_no_probabilities(given: list[Token]) -> None:
    assert from_tokens(LABELS, given) is None
