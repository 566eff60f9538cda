from __future__ import annotations

import pytest

from mien.encoders.base import encoders
from mien.errors import RecipeError, UnknownNameError, closest
from mien.fusion.base import fusions
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
