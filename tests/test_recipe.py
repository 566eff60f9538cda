from __future__ import annotations

from pathlib import Path

import pytest

from mien.errors import RecipeError
from mien.recipe import load, shipped


@pytest.mark.parametrize("name", shipped())
def test_shipped_recipes_parse_and_are_named_after_their_file(name: str) -> None:
    recipe = load(name)
    assert recipe.name == name
    assert recipe.data


def test_overrides_reach_any_depth() -> None:
    recipe = load("face", ["train.epochs=7", "encoders.face.options.width=8", "name=mine"])
    assert (recipe.train.epochs, recipe.encoders["face"].options["width"], recipe.name) == (7, 8, "mine")


def test_overrides_take_out_too() -> None:
    assert set(load("research", ["-encoders.text"]).encoders) == {"voice", "face"}


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("train.epocs=3", "the recipe at 'train' has no key 'epocs'; did you mean 'epochs'?"),
        ("train.epochs='three'", "the recipe at 'train' at 'epochs' must be of type int, not str"),
        ("train.epochs=true", "must be of type int, not bool"),
        ("-encoders.fase", "takes out what is not there; did you mean 'face'"),
        ("seed", "not of the form key=value"),
        ("name.first=3", "goes through 'name', which is not a table"),
    ],
)
def test_mistakes_are_named(override: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message.replace("?", r"\?")):
        load("face", [override])


def test_missing_and_broken_files(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="there is no recipe 'nothing'"):
        load("nothing")
    broken = tmp_path / "broken.toml"
    broken.write_text("name = ")
    with pytest.raises(RecipeError, match="not valid TOML"):
        load(broken)
    broken.write_text('name = "x"\ndata = []')
    with pytest.raises(RecipeError, match="the recipe needs 'encoders'"):
        load(broken)
