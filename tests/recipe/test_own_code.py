"""Parts from a file of the user: they run when they are allowed, and never by themselves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mien.encoders.base import encoders
from mien.errors import RecipeError
from mien.recipe.own_code import allow, part_of, sha256_of
from mien.recipe.recipe import Recipe, load
from mien.recipe.sections import EncoderTable

_CODE = """
from pathlib import Path
Path(__file__).with_name("ran").write_text("", encoding="utf-8")
class Mine:
    def __init__(self, size: int = 3) -> None:
        self.size = size
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    """A recipe that names a file beside it."""
    (tmp_path / "mine.py").write_text(_CODE, encoding="utf-8")
    (tmp_path / "r.toml").write_text(
        'name = "r"\ndata = []\nfusion.name = "./mine.py:Mine"\nencoders.voice.name = "./mine.py:Mine"'
    )
    return load(tmp_path / "r.toml")


def test_a_file_is_named_from_the_folder_of_its_recipe(recipe: Recipe, tmp_path: Path) -> None:
    assert recipe.fusion["name"] == f"{tmp_path / 'mine.py'}:Mine"
    assert recipe.encoders["voice"].name == recipe.fusion["name"]


def test_nothing_runs_that_was_not_allowed(recipe: Recipe, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="is code in a file, which no bundle and no recipe runs by itself"):
        encoders.get(recipe.encoders["voice"].name)
    with pytest.raises(RecipeError, match=r"runs the code of '.*mine\.py'; read it, and allow it with --allow-code"):
        allow(recipe, lambda file: False)
    assert not (tmp_path / "ran").exists()


def test_what_is_allowed_runs_once_and_is_a_part_like_others(recipe: Recipe, tmp_path: Path) -> None:
    asked: list[Path] = []

    def yes(file: Path) -> bool:
        asked.append(file)
        return True

    allow(recipe, yes)
    allow(recipe, yes)
    assert asked == [tmp_path / "mine.py"], "two parts, two trainings, one question"
    name = recipe.encoders["voice"].name
    assert vars(encoders.build({"name": name, "size": 5})) == {"size": 5}
    with pytest.raises(RecipeError, match="takes no argument 'sise'; did you mean 'size'"):
        encoders.build({"name": name, "sise": 5})
    with pytest.raises(RecipeError, match="defines no 'Other'"):
        part_of(name.replace(":Mine", ":Other"))
    before = sha256_of(name)
    (tmp_path / "mine.py").write_text(_CODE + "# changed", encoding="utf-8")
    assert sha256_of(name) != before, "tracks that an encoder made before are not taken for those it would make now"
    assert sha256_of("late") == ""


def test_mistakes_in_a_file_are_told(recipe: Recipe, tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("1 / 0", encoding="utf-8")
    for name, message in (("broken.py", "cannot be run: ZeroDivisionError"), ("none.py", "there is no file")):
        own = replace(recipe, fusion={"name": f"{tmp_path / name}:Mine"}, encoders={"text": EncoderTable("text_e5")})
        with pytest.raises(RecipeError, match=message):
            allow(own, lambda file: True)
