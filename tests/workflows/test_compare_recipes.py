"""Comparing from Python: `mien.compare`, what it returns, and how often it reads the data."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from pathlib import Path

import pytest

import mien
from mien.errors import InputError
from mien.events import Event, Progress, Work
from mien.study.plan import Plan
from mien.workflows.compare_recipes import prepared, run
from mien.workflows.comparison import Comparison
from tests.study.test_tune import TOML
from tests.tiny import recipe


@pytest.fixture
def recipes(root: Path) -> list[Path]:
    """Two recipes over the same pictures."""
    files = [root / "short.toml", root / "long.toml"]
    for file, epochs in zip(files, (1, 6), strict=True):
        text = TOML.replace("epochs = 1", f"epochs = {epochs}").replace('name = "tiny"', f'name = "{file.stem}"')
        file.write_text(text, encoding="utf-8")
    return files


@pytest.fixture
def found(recipes: list[Path], root: Path) -> Comparison:
    return mien.compare(recipes, seeds=range(2), data_root=root, runs=root / "runs")


def test_recipes_are_compared_and_saved(found: Comparison, root: Path) -> None:
    assert [line.label for line in found.boards[0].lines] == ["short", "long"]
    assert found.markdown.startswith("### pictures: emotion")
    assert sorted(p.name for p in found.folder.iterdir()) == ["comparison.html", "comparison.json", "comparison.md"]
    for name in ("a.md", "a.json", "a.csv", "a.HTML"):
        found.save(root / name)
    assert (root / "a.md").read_text(encoding="utf-8") == found.markdown
    assert json.loads((root / "a.json").read_text(encoding="utf-8")) == json.loads(json.dumps(found.to_dict()))
    assert "<!DOCTYPE html>" in (root / "a.HTML").read_text(encoding="utf-8")
    with pytest.raises(InputError, match=r"saved as \.md, \.json, \.csv, \.html; 'a\.txt' ends in none of these"):
        found.save(root / "a.txt")


def test_every_metric_of_every_system_is_a_row(found: Comparison) -> None:
    rows = list(csv.DictReader(io.StringIO(found.to_csv())))
    frame = found.to_pandas()
    assert list(frame.columns) == list(rows[0])
    assert len(frame) == len(rows) == sum(1 + len(line.others) for line in found.boards[0].lines)
    main = frame[(frame.system == "long") & (frame.metric == found.boards[0].metric)].iloc[0]
    line = found.boards[0].lines[1]
    assert line.against is not None
    assert (main.value, main.p, main.difference) == (line.row.value, line.adjusted, line.against.value)
    assert main.low <= main.value <= main.high
    assert frame[frame.metric == "ece"].p.isna().all(), "only what is compared by is tested"


def test_without_pandas_it_is_told(found: Comparison, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    monkeypatch.setattr("mien.runtime.extras.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'mien\[notebook\]'"):
        found.to_pandas()


def test_progress_counts_all_trainings_and_the_users_manifest_is_parsed_once(
    recipes: list[Path], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (root / "pictures" / "manifest.csv").read_text(encoding="utf-8")
    mine = root / "pictures" / "mine.csv"
    mine.write_text(text.replace("path,label", "image,emotion"), encoding="utf-8")
    parsed: list[str] = []
    for place in ("mien.data.own", "mien.data.manifest", "mien.workflows.compare_recipes"):
        monkeypatch.setattr(f"{place}.read_rows", _counting(parsed))
    told: list[Event] = []
    found = mien.compare(recipes, seeds=(0,), data=mine, runs=root / "runs", tell=told.append)
    assert parsed == ["mine.csv"]
    counts = [(e.about, e.done, e.total) for e in told if isinstance(e, Progress) and e.stage == "compare"]
    assert counts == [("short, seed 0", 0, 2), ("short, seed 0", 1, 2), ("long, seed 0", 1, 2), ("long, seed 0", 2, 2)]
    assert {e.stage for e in told if isinstance(e, Progress)} >= {"prepare", "train", "evaluate"}
    assert found.boards[0].set == "mine"


def _counting(parsed: list[str]) -> object:
    from mien.data.rows import read_rows

    def counting(path: Path) -> object:
        parsed.append(path.name)
        return read_rows(path)

    return counting


def test_recipes_of_one_name_are_told_apart_and_a_recipe_is_taken_as_it_is(root: Path) -> None:
    first = mien.compare([recipe(epochs=1), recipe(epochs=2)], seeds=(0,), data_root=root, runs=root / "runs")
    assert [line.label for line in first.boards[0].lines] == ["tiny (1)", "tiny (2)"]


def test_closing_stops_a_comparison(recipes: list[Path], root: Path) -> None:
    """What was finished before stays finished, and the rest goes on in another call."""
    work = _work(recipes, root)
    for event in work:
        if isinstance(event, Progress) and (event.stage, event.done) == ("compare", 1):
            break
    work.close()
    assert len(list((root / "runs").rglob("trained.json"))) == 1
    assert not list((root / "runs").glob("compare-*"))
    stages = [e.about for e in _work(recipes, root) if isinstance(e, Progress) and e.stage == "train"]
    assert stages
    assert all(re.match("long", about) for about in stages), "short is not trained again"


def _work(recipes: list[Path], root: Path) -> Work[Comparison]:
    entrants, corpora = yield from prepared(recipes, (), None, root)
    return (yield from run(Plan(entrants, (0,)), corpora, root / "runs"))


@pytest.mark.parametrize(
    ("how", "message"), [({"seeds": ()}, "seeds are whole numbers"), ({"metric": "acuracy"}, "did you mean 'accuracy'")]
)
def test_mistakes_are_told_before_training(
    recipes: list[Path], root: Path, how: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        mien.compare(recipes, data_root=root, runs=root / "runs", **how)  # type: ignore[arg-type]  # a mistake
    with pytest.raises(InputError, match="name the recipes"):
        mien.compare([], data_root=root)
    assert not (root / "runs").exists()
