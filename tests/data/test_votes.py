"""Annotators' votes in a manifest of one's own."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from mien.data.checks.check import check
from mien.data.manifest import read
from mien.errors import RecipeError
from mien.events import finish
from mien.types import EMOTION

from ..tiny import own_recipe
from .test_own import RECIPE, manifest


def test_votes_are_for_training_alone(tmp_path: Path) -> None:
    lines = [f"word {i},s{i % 8},happy,7,3" for i in range(40)]
    path = manifest(tmp_path, "text,speaker,emotion,votes_happy,votes_sad", *lines)
    for purpose, teaching in (("train", [0.3, 0.7]), ("evaluate", []), ("calibrate", [])):
        source = own_recipe(RECIPE, path, None, purpose).data[0]  # type: ignore[arg-type]  # a Purpose
        shares = {e.split: np.unique(e.targets["emotion"].round(4)) for e in read(source, (EMOTION,), tmp_path)}
        learned = shares.pop("train", np.zeros(1))
        np.testing.assert_allclose(learned[learned > 0], teaching, rtol=1e-6)
        assert all(kinds.tolist() == [0, 1] for kinds in shares.values()), purpose


@pytest.mark.parametrize(("votes", "voteless"), [("1,0", 40), ("0.7,0.3", 0), (",", 40), ("", 40), ("7,3", 0)])
def test_no_table_of_votes_is_lost(tmp_path: Path, votes: str, voteless: int) -> None:
    rows = [f"word {i},s{i % 8},happy,{votes}" for i in range(40)]
    path = manifest(tmp_path, "text,speaker,emotion,votes_happy,votes_sad", *rows)
    said: list[str] = []
    recipe = own_recipe(RECIPE, path, said)
    assert sum(e.split == "train" for e in read(recipe.data[0], recipe.tasks, tmp_path)) >= 25
    told = f"votes of 'emotion': {voteless} of 40 rows have no label with two, and are learned by the label itself"
    assert (told in said) == bool(voteless)
    assert not finish(check(path, None)).faulty


@pytest.mark.parametrize("value", ["many", "-1", "inf"])
def test_votes_that_are_no_numbers_are_told_with_their_row(tmp_path: Path, value: str) -> None:
    header = "text,speaker,split,emotion,votes_happy"
    path = manifest(tmp_path, header, "a,s1,train,happy,3", f"b,s2,valid,happy,{value}")
    message = rf"'votes_happy' holds numbers.*, not '{value}'"
    with pytest.raises(RecipeError, match=f"row 2 of '.*': {message}"):
        own_recipe(RECIPE, path)
    (fault,) = finish(check(path, None)).faults
    assert fault.row == 2
    assert re.match(message, fault.why)
    own_recipe(RECIPE, path, None, "evaluate")
