"""A bundle on data that it has seen before."""

from __future__ import annotations

from pathlib import Path

import pytest

from mien.data.manifest import read
from mien.data.own import Purpose
from mien.errors import RecipeError

from ...tiny import own_recipe
from ..test_own import RECIPE, manifest, sides_of


@pytest.mark.parametrize("purpose", ["evaluate", "calibrate"])
def test_a_manifest_that_was_trained_on_stays_split_as_it_was(tmp_path: Path, purpose: Purpose) -> None:
    lines = [f"word {i},s{i % 20},happy" for i in range(60)]
    path = manifest(tmp_path, "text,speaker,emotion", *lines)
    trained = own_recipe(RECIPE, path)
    (tmp_path / "elsewhere").mkdir()
    copy = tmp_path / "elsewhere" / "copy.csv"
    copy.write_bytes(path.read_bytes())
    link = tmp_path / "elsewhere" / "link.csv"
    link.symlink_to(path)
    for given in (path, copy, link):
        said: list[str] = []
        again = own_recipe(trained, given, said, purpose)
        assert sides_of(again) == sides_of(trained), given
        assert len(said) == 1
        assert said[0].startswith(f"the bundle was trained on '{given}'")
    with pytest.raises(RecipeError, match="there is no manifest"):
        own_recipe(trained, tmp_path / "gone.csv", said, purpose)


def test_people_and_clips_that_the_bundle_learned_from_are_told_of_other_data(tmp_path: Path) -> None:
    lines = [f"word {i},s{i % 20},happy" for i in range(60)]
    trained = own_recipe(RECIPE, manifest(tmp_path, "text,speaker,emotion", *lines))
    learned = len([e for e in read(trained.data[0], trained.tasks, Path()) if e.split == "train"])
    other = tmp_path / "other.csv"
    warnings: dict[str, str] = {}
    for name, rows in (
        ("people", ["text,speaker,emotion", *(f"new {i},s{i % 20},sad" for i in range(60))]),
        ("clips", ["text,emotion", *(f"word {i},sad" for i in range(60))]),
        ("neither", ["text,speaker,emotion", "something else,somebody else,sad"]),
    ):
        other.write_text("\n".join(rows), encoding="utf-8")
        said: list[str] = []
        own_recipe(trained, other, said, "evaluate")
        warnings[name] = said[-1]
    told = f"{learned} of 60 examples are clips or speakers that the bundle learned from: results will be too good"
    assert warnings == {
        "people": told,
        "clips": told,
        "neither": "no row whose split is 'test': all rows are evaluated",
    }
    Path(trained.data[0].manifest).unlink()
    own_recipe(trained, other, said, "evaluate")
    assert "which the bundle learned from, cannot be read" in said[-1]
