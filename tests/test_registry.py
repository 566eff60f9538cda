from __future__ import annotations

from typing import Any

import pytest

from mien.encoders.base import encoders
from mien.errors import RecipeError, UnknownNameError, closest
from mien.fusion.base import fusions
from mien.registry import construct
from mien.types import EMOTION


def test_a_misspelt_name_is_answered_with_the_closest() -> None:
    with pytest.raises(UnknownNameError, match="no fusions called 'lat'; did you mean 'late'"):
        fusions.get("lat")
    assert closest("gender", ["end", "text"]) == "known: end, text", "half as long: another word"


def test_arguments_are_checked_against_the_signature() -> None:
    with pytest.raises(RecipeError, match="takes no argument 'widht'; did you mean 'width'"):
        encoders.build({"name": "face_cnn", "widht": 3})
    with pytest.raises(RecipeError, match="takes no argument 'dims'"):
        fusions.build({"name": "late", "dims": {}}, dims={}, quality={}, tasks=(EMOTION,))
    with pytest.raises(RecipeError, match="'face_cnn' at 'width' must be of type int, not str \\('wide'\\)"):
        encoders.build({"name": "face_cnn", "width": "wide"})
    with pytest.raises(RecipeError, match="'late' at 'redundancy' must be of type float, not str"):
        fusions.build({"name": "late", "redundancy": "foo"}, dims={}, quality={}, tasks=(EMOTION,))
    with pytest.raises(RecipeError, match="needs a name"):
        encoders.build({})


def test_parts_are_registered_under_their_file_name() -> None:
    for family in (encoders, fusions):
        for name in family:
            assert family.get(name).__module__.rpartition(".")[2] == name


def sized(size: int, rate: float | int = 1.0, *, steps: list[int] | None = None) -> tuple[object, ...]:
    return size, rate, steps


def test_all_arguments_are_checked_before_the_part_is_called() -> None:
    assert construct("sized", sized, {"size": 3, "steps": [1, 2]}, {}) == (3, 1.0, [1, 2])
    assert construct("sized", sized, {"rate": 0.5}, {"size": 3}) == (3, 0.5, None)
    for settings, given, message in (
        ({}, {}, "'sized' needs the argument 'size'"),
        ({"size": 3}, {"size": 4}, "'sized' takes no argument 'size'; known: rate, steps"),
        ({"size": 3, "stesp": []}, {}, "'sized' takes no argument 'stesp'; did you mean 'steps'"),
        ({"size": 3, "steps": "12"}, {}, "'sized' at 'steps' must be of type list, not str"),
    ):
        with pytest.raises(RecipeError, match=message):
            construct("sized", sized, settings, given)


def test_a_fault_inside_a_part_is_no_mistake_of_the_user() -> None:
    def broken(size: int) -> int:
        return len(size)  # type: ignore[arg-type]  # the fault

    with pytest.raises(TypeError, match=r"object of type 'int' has no len\(\)"):
        construct("broken", broken, {"size": 3}, {})


def test_a_part_that_does_not_take_what_the_program_gives_is_at_fault() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'tasks'"):
        construct("sized", sized, {"size": 3}, {"tasks": (EMOTION,)})


def test_a_part_may_take_any_argument() -> None:
    def loose(size: int, **others: Any) -> dict[str, Any]:
        return {"size": size, **others}

    assert construct("loose", loose, {"size": 3, "more": "x"}, {"given": 1}) == {"size": 3, "more": "x", "given": 1}
