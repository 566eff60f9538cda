"""The grammar of `mien find`: what is understood, in two languages, and what is not."""

from __future__ import annotations

from typing import Any

import pytest

from mien.archive.wishes import conditions
from mien.errors import InputError


def told(wish: str) -> list[tuple[Any, ...]]:
    return [(condition.sql, *condition.values) for condition in conditions(wish)]


ANGRY = ("label IN (?)", "angry")
DISAGREE = ("list_contains(conflicts, ?)", "voice+face")


@pytest.mark.parametrize(
    ("wish", "meant"),
    [
        ("angry and sure, voice and face disagree", [ANGRY, ("NOT uncertain",), DISAGREE]),
        ("愤怒，确定，声音和面部不一致", [ANGRY, ("NOT uncertain",), DISAGREE]),
        ("Face and the voice conflict", [DISAGREE]),
        ("anger or sadness but unsure", [("label IN (?, ?)", "angry", "sad"), ("uncertain",)]),
        ("生气或难过 不一致", None),
        ("not neutral", [("label NOT IN (?)", "neutral")]),
        ("不是中性", [("label NOT IN (?)", "neutral")]),
        ("voice is angry, face not happy", [("voice_label IN (?)", "angry"), ("face_label NOT IN (?)", "happy")]),
        ("inputs disagree", [("len(conflicts) > 0",)]),
        ("above 80%, person-2", [("probability >= ?", 0.8), ("who = ?", "person-2")]),
        ("after 1:30, before 1:00:00, in zh", [("start >= ?", 90.0), ('"end" <= ?', 3600.0), ("language = ?", "zh")]),
        (
            'says "never, and again" and sad',
            [("label IN (?)", "sad"), ("contains(lower(text), lower(?))", "never, and again")],
        ),
        ("说“再也不”", [("contains(lower(text), lower(?))", "再也不")]),
    ],
)
def test_wishes(wish: str, meant: list[tuple[Any, ...]] | None) -> None:
    if meant is None:
        with pytest.raises(InputError):
            told(wish)
    else:
        assert told(wish) == meant


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ("angri", "'angri' is nothing that can be found; did you mean 'angry'?"),
        ("sure, blue", "'blue' is nothing that can be found; write some of: angry, not neutral"),
        ("'; DROP TABLE x; --", "is nothing that can be found"),
        ("face and face disagree", "names one input twice"),
        (" , ", "there is no condition to find"),
    ],
)
def test_what_is_not_understood_has_a_sentence(wish: str, said: str) -> None:
    with pytest.raises(InputError) as error:
        conditions(wish)
    assert said in str(error.value)
    assert "\n" not in str(error.value)
