"""docs/training.md is true: its recipe trains, and its tables name every key."""

from __future__ import annotations

import inspect
import re
from dataclasses import fields
from pathlib import Path

import pytest

from mien.recipe.recipe import load
from mien.recipe.sections import Alignment, Loss, Training
from mien.training import objectives
from tests import tiny
from tests.conftest import ROOT
from tests.tiny import trained

PAGE = (ROOT / "docs/training.md").read_text(encoding="utf-8")


def test_the_recipe_of_the_page_trains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    tiny.write_clips(tmp_path)
    (text,) = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.M | re.S)
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    run = trained(load(tmp_path / "mine.toml"), tmp_path, tmp_path / "runs")
    assert run.model.alignment == Alignment("resample", 2.0)
    assert [t.name for t in run.model.tasks] == ["emotion", "intensity"]
    assert run.valid_loss is not None
    assert run.valid_loss < 0.5


@pytest.mark.parametrize("table", [Alignment, Loss, Training], ids=lambda t: t.__name__)
def test_every_key_and_its_default_is_on_the_page(table: type[Alignment | Loss | Training]) -> None:
    for field in fields(table):
        (row,) = [line for line in PAGE.splitlines() if re.match(rf"\| (`\w+`, )*`{field.name}`[, |]", line)]
        place = [name.strip(" `") for name in row.split("|")[1].split(",")].index(field.name)
        shown = row.split("|")[2].split(", ")[place].strip(" `")
        default = {"learn": '[""]', "auxiliary": "none"}.get(field.name, field.default)
        assert shown.strip('"') == str(default) or float(shown) == default, f"{field.name}: {shown} is {default}"


def test_every_objective_and_its_options_are_on_the_page() -> None:
    for name, part in objectives._TABLE.items():
        (row,) = [line for line in PAGE.splitlines() if line.startswith(f'| `"{name}"`')]
        for option in list(inspect.signature(part).parameters.values())[2:]:
            assert f"`{option.name}` {option.default}" in row
