from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Self

import pytest

from mien.errors import RecipeError
from mien.recipe import strict


@pytest.mark.parametrize(
    ("hint", "given", "expected"),
    [
        (int | float, 0.5, 0.5),
        (int | float, 3, 3),
        (float | int, 3, 3),
        (float, 3, 3.0),
        (int | str, "x", "x"),
        (int | None, None, None),
        (int | list[int], [1, 2], [1, 2]),
        (list[int], [1, 2], [1, 2]),
        (list[int], (1, 2), [1, 2]),
        (Sequence[float], [1, 0.5], [1.0, 0.5]),
        (Iterable[str], ["a"], ["a"]),
        (frozenset[str], ["a", "a"], frozenset("a")),
        (tuple[float, ...], [1, 2, 3], (1.0, 2.0, 3.0)),
        (tuple[str, int], ["a", 1], ("a", 1)),
        (Mapping[str, list[int]], {"a": [1]}, {"a": [1]}),
        (Literal["a", "b"] | None, "b", "b"),
        (Any, object, object),
    ],
)
def test_values_of_the_type_are_taken(hint: Any, given: Any, expected: Any) -> None:
    found = strict.value(hint, given, "it")
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("hint", "given", "sentence"),
    [
        (int | float, "half", "it must be of type int or float, not str ('half')"),
        (int | float, True, "it must be of type int or float, not bool (True)"),
        (int | str | None, 0.5, "it must be of type int or str, not float (0.5)"),
        (int | list[int], "12", "it must be of type int or list[int], not str ('12')"),
        (int | None, "x", "it must be of type int, not str ('x')"),
        (list[int], "12", "it must be of type list, not str ('12')"),
        (list[int], [1, "2"], "it must be of type int, not str ('2')"),
        (Sequence[str], "ab", "it must be of type list, not str ('ab')"),
        (Iterable[str], "ab", "it must be of type list, not str ('ab')"),
        (tuple[float, float], [1.0], "it must have 2 values, not 1 ([1.0])"),
        (tuple[float, float], [1.0, 2.0, 3.0], "it must have 2 values, not 3 ([1.0, 2.0, 3.0])"),
        (Mapping[str, list[int]], {"a": "1"}, "it.a must be of type list, not str ('1')"),
        (Literal["adamw", "sgd"] | None, "adam", "it has no 'adam'; did you mean 'adamw'?"),
    ],
)
def test_values_of_another_type_are_refused_in_one_sentence(hint: Any, given: Any, sentence: str) -> None:
    with pytest.raises(RecipeError, match=f"^{re.escape(sentence)}$"):
        strict.value(hint, given, "it")


@dataclass(frozen=True)
class Squares:
    """Reads and writes itself: the table has roots."""

    values: tuple[int, ...]

    @classmethod
    def from_table(cls, table: Mapping[str, Any], place: str) -> Self:
        roots = strict.value(tuple[int, ...], table["roots"], f"{place} at 'roots'")
        return cls(tuple(root**2 for root in roots))

    def as_table(self) -> dict[str, Any]:
        return {"roots": [round(v**0.5) for v in self.values]}


@dataclass(frozen=True)
class Whole:
    name: str
    squares: Squares
    pair: tuple[float, float] | None = None
    degraded_by: tuple[str, ...] = field(default=(), metadata={**strict.OPTIONAL, "key": "spoilt_by"})
    parts: Mapping[str, Squares] = field(default_factory=dict, metadata=strict.OPTIONAL)


def test_what_is_written_is_read() -> None:
    table = {
        "name": "x",
        "squares": {"roots": [1, 3]},
        "pair": None,
        "spoilt_by": ["noise:5"],
        "parts": {"a": {"roots": [2]}},
    }
    whole = strict.build(Whole, table, "it")
    assert whole == Whole("x", Squares((1, 9)), None, ("noise:5",), {"a": Squares((4,))})
    assert json.dumps(strict.plain(whole)) == json.dumps(table), "keys stay in order"
    bare = Whole("y", Squares(()), (0.0, 1.0))
    assert strict.plain(bare) == {"name": "y", "squares": {"roots": []}, "pair": [0.0, 1.0]}, (
        "what is optional is left out"
    )
    assert strict.build(Whole, strict.plain(bare), "it") == bare


def test_places_are_named_down_to_what_reads_itself() -> None:
    with pytest.raises(RecipeError, match=re.escape("it at 'parts'.a at 'roots' must be of type int, not str ('z')")):
        strict.build(Whole, {"name": "x", "squares": {"roots": []}, "parts": {"a": {"roots": ["z"]}}}, "it")
    with pytest.raises(RecipeError, match=re.escape("it has no key 'degraded_by'")):
        strict.build(Whole, {"name": "x", "squares": {"roots": []}, "degraded_by": []}, "it")
    with pytest.raises(RecipeError, match=re.escape("it needs 'squares'")):
        strict.build(Whole, {"name": "x"}, "it")


def test_choices_may_be_numbers() -> None:
    with pytest.raises(RecipeError, match=r"here has no 'b'; known: 1, a"):
        strict.value(Literal["a", 1], "b", "here")
