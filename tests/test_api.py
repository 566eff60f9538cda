"""``mien.train`` and ``mien.evaluate``: what a notebook calls."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import mien
from mien.errors import InputError, RecipeError
from mien.events import Event, Notice, Progress
from mien.recipe.recipe import load
from tests.tiny import recipe, write_pictures

from .conftest import needs_torch


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a manifest of one's own, and no recipe."""
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    said = {"happy": "what a wonderful day", "sad": "this is so sad"}
    rows = [f"{said[label]} {i},s{i % 10},{label}" for i in range(40) for label in [("sad", "happy")[i % 2]]]
    (tmp_path / "my.csv").write_text("\n".join(["text,speaker,emotion", *rows]), encoding="utf-8")
    return tmp_path


@pytest.mark.slow
def test_a_shipped_recipe_learns_from_ones_own_manifest_and_is_evaluated(home: Path) -> None:
    told: list[Event] = []
    found = mien.train("fusion", data="my.csv", changes=["train.epochs=8"], tell=told.append)
    assert found.folders == (Path("runs/fusion-my/seed0"),)
    assert found.bundle.name == "fusion-my"
    assert {"column_missing", "divided"} <= {event.code for event in told if isinstance(event, Notice)}
    stages = dict.fromkeys(event.stage for event in told if isinstance(event, Progress))
    assert list(stages) == ["prepare", "train", "calibrate", "evaluate"]
    (accuracy,) = (row for row in found.results if row.metric == "accuracy")
    assert (accuracy.set, accuracy.modality, accuracy.n, accuracy.value) == ("my", "text", 8, 1.0)
    again = mien.evaluate(found.bundle, data="my.csv", subsets=True)
    assert tuple(again.rows) == found.results
    assert [(cell.subset, cell.n) for cell in again.cells] == [("text", 8)]
    assert tuple(mien.evaluate("runs/fusion-my/seed0/bundle", data=Path("my.csv")).rows) == found.results
    with pytest.raises(InputError, match="holds a run already"):
        mien.train("fusion", data="my.csv", changes=["train.epochs=8"])
    assert mien.train("fusion", data="my.csv", changes=["train.epochs=8"], resume=True).results == found.results


@pytest.mark.slow
def test_a_recipe_that_was_built_in_python_trains(home: Path) -> None:
    write_pictures(home)
    found = mien.train(recipe(epochs=1), data_root=home, seeds=(0, 1), runs=home / "here")
    assert [folder.name for folder in found.folders] == ["seed0", "seed1"]
    assert {row.seeds for row in found.results} == {2}


@needs_torch
def test_mistakes_are_told_before_anything_is_made(home: Path) -> None:
    with pytest.raises(InputError, match="there is no recipe 'fussion'"):
        mien.train("fussion", data="my.csv")
    with pytest.raises(RecipeError, match="overrides are for the file or the name of a recipe"):
        mien.train(replace(load("fusion"), name="mine"), data="my.csv", changes=["train.epochs=1"])
    with pytest.raises(InputError, match="name the data to evaluate on"):
        mien.evaluate("research")
    with pytest.raises(InputError, match="there is no bundle 'reserch'"):
        mien.evaluate("reserch", data="my.csv")
    assert sorted(path.name for path in home.iterdir()) == ["my.csv"]


@needs_torch
def test_what_a_listener_raises_stops_the_training(home: Path) -> None:
    def stop(event: Event) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        mien.train("fusion", data="my.csv", tell=stop)
    assert not (home / "runs").exists()


@pytest.mark.parametrize("door", [mien.train, mien.evaluate])
def test_the_doors_say_what_they_take_give_and_raise(door: object) -> None:
    said = door.__doc__ or ""
    assert all(f"{section}:" in said for section in ("Args", "Returns", "Raises"))


@needs_torch
@pytest.mark.parametrize("seeds", [(), [-1], [0, 0], 3, "0", [0.5]])
@pytest.mark.parametrize("door", [mien.train, lambda **given: mien.compare(["text"], **given)])
def test_seeds_are_checked_before_the_training(door: Any, seeds: Any, home: Path) -> None:
    with pytest.raises(InputError, match="seeds are whole numbers from 0 in a list, each once"):
        door(data="none.csv", seeds=seeds)


@needs_torch
def test_one_string_is_a_list_of_one() -> None:
    with pytest.raises(InputError, match="'epochz'"):
        mien.train("text", changes="train.epochz=1")
    with pytest.raises(InputError, match="there is no recipe 'nope'"):
        mien.compare("nope")
