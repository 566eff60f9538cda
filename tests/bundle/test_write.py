"""One place writes bundle.json and card."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import pytest

from mien.bundle.bundle import Bundle
from mien.bundle.results import Result
from mien.bundle.write import annotate, copied, rewritten
from mien.errors import InputError, RecipeError

from ..conftest import ROOT

ROW = Result("mine", "test", "text", "emotion", "uar", 0.5, None, 1, 9, 0.2, (0.4, 0.6), "9 examples")


def test_a_copy_in_a_folder_of_its_own_answers_alike(tmp_path: Path) -> None:
    shipped = Bundle.load("open")
    made = copied(shipped, replace(shipped.table, name="mine"), tmp_path / "mine")
    assert (made.name, made.folder) == ("mine", tmp_path / "mine")
    assert made.table.files == shipped.table.files
    assert {p.name for p in made.folder.iterdir()} == {"bundle.json", "card.md", *(e.file for e in made.table.files)}
    assert made.card.startswith("# Model card: mine\n")
    assert Bundle.load("open").sha256 == shipped.sha256, "it stays as it is"


def test_results_are_put_in_and_on_the_card(tmp_path: Path) -> None:
    shipped = Bundle.load("open")
    folder = copied(shipped, shipped.table, tmp_path / "mine").folder
    noted = annotate(folder, [ROW])
    assert noted.table == replace(shipped.table, evaluation=(ROW,), trust=noted.table.trust)
    assert "| mine | test | text | uar | 0.500 | 0.400 to 0.600 | 0.200 | 9 | 1 |" in noted.card
    assert rewritten(noted, replace(noted.table, evaluation=())).card.count("Not evaluated yet.") == 1


def test_rows_are_read_as_they_were_written() -> None:
    assert Result.from_table(ROW.as_table()) == ROW
    old = replace(ROW, interval=None, resampled="")
    assert "interval" not in old.as_table(), "rows of old bundles stay as they are"
    assert Result.from_table(old.as_table()) == old
    with pytest.raises(RecipeError, match=r"a row of results at 'n' must be of type int, not str \('9'\)"):
        Result.from_table({**ROW.as_table(), "n": "9"})
    assert issubclass(RecipeError, InputError)


def test_nothing_else_writes_them() -> None:
    """The names of the two files stand where they are read and where they are written."""
    named = {}
    for path in sorted((ROOT / "src" / "mien").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        words = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
        if words & {"bundle.json", "card.md"}:
            named[path.relative_to(ROOT / "src" / "mien").as_posix()] = words & {"bundle.json", "card.md"}
    assert named == {
        "bundle/bundle.py": {"card.md"},
        "bundle/load.py": {"bundle.json"},
        "bundle/table.py": {"bundle.json", "card.md"},  # names that no other file may have
        "bundle/write.py": {"card.md"},
        "collection/card.py": {"card.md"},  # of a data set
        "collection/rights/forget.py": {"bundle.json"},  # by which it finds bundles
        "encoders/bundled.py": {"bundle.json"},
    }
