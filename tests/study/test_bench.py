"""A benchmark is a TOML file; its table stands between two marks of a document, beside published figures."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from mien import bundles
from mien.cli import main
from mien.data.degrade import way
from mien.errors import InputError, RecipeError
from mien.study import bench
from mien.study.together import Together
from tests.study.test_tune import TOML
from tests.tiny import write_pictures

BENCH = """\
name = "pictures"
title = "Bright halves"
protocol = "Left or right; the split of the manifest."
metric = "accuracy"
seeds = 2

[[systems]]
label = "one epoch"
recipe = "tiny.toml"

[[systems]]
label = "many epochs"
recipe = "tiny.toml"
change = ["train.epochs=12", "train.lr=0.02"]

[[published]]
label = "A coin"
value = 0.5
source = "folklore"
note = "no features"
"""
DOCUMENT = "# Tables\n\n<!-- bench:pictures -->\nold\n<!-- end of bench:pictures -->\n\nThe end.\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    write_pictures(tmp_path)
    for name, text in (("tiny.toml", TOML), ("pictures.toml", BENCH), ("tables.md", DOCUMENT)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_a_table_is_rebuilt(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = folder / "tables.md"
    command = ["mien", "bench", str(folder / "pictures.toml"), "--document", str(document)]
    command += ["--data-root", str(folder), "--runs", str(folder / "runs")]
    monkeypatch.setattr(sys, "argv", command)
    with pytest.raises(SystemExit) as done:
        main()
    assert done.value.code == 0
    text = document.read_text(encoding="utf-8")
    assert text.startswith("# Tables\n\n<!-- bench:pictures -->\n### Bright halves\n\n    mien bench pictures\n")
    assert text.endswith("<!-- end of bench:pictures -->\n\nThe end.\n")
    assert "old" not in text
    rows = {line.split("|")[1].strip(): line for line in text.splitlines() if line.startswith("| ")}
    assert rows["A coin"].split("|")[2].strip() == "0.500"
    assert "folklore (no features)" in rows["A coin"]
    assert "±" in rows["many epochs"]
    assert "| 10 | 0.500 |" in rows["many epochs"], "n, and always the commonest answer"
    assert "the best published (A coin, 0.500)" in text


def test_a_document_without_a_place_is_refused_before_hours_are_spent(folder: Path) -> None:
    with pytest.raises(InputError, match="put '<!-- bench:other -->'"):
        bench.rebuilt(DOCUMENT, "other", "")


def test_outside_the_project_a_table_has_a_file_of_its_own(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    found, _ = bench.load(folder / "pictures.toml")
    document = bench.usual_document(found, Path("runs"))
    assert document == Path("runs/bench-pictures.md")
    text = bench.rebuilt(bench.text_of(document), "pictures", "| a table |")
    assert text == "<!-- bench:pictures -->\n| a table |\n<!-- end of bench:pictures -->\n"
    document.write_text(f"My notes.\n{text}", encoding="utf-8")
    assert bench.usual_document(found, Path("runs")).read_text(encoding="utf-8").startswith("My notes."), "kept"
    Path("docs").mkdir()
    Path("docs/benchmarks.md").write_text(DOCUMENT, encoding="utf-8")
    assert bench.usual_document(found, Path("runs")) == Path("docs/benchmarks.md")


@pytest.mark.parametrize(
    ("text", "message"),
    [("name = ", "not valid TOML"), (BENCH.replace("seeds", "sedes"), "did you mean 'seeds'"), (None, "no benchmark")],
)
def test_mistakes_are_named(folder: Path, text: str | None, message: str) -> None:
    path = folder / "wrong.toml"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(RecipeError, match=message):
        bench.load(path)


@pytest.mark.parametrize("name", bench.shipped())
def test_every_shipped_benchmark_names_recipes_that_exist(name: str) -> None:
    found, folder = bench.load(name)
    assert found.name == name
    if isinstance(found, Together):
        assert found.bundle in bundles.shipped()
        assert all(c.how in ("replaced", "babble:0") or way(c.how) for c in found.corruptions)
        return
    assert bench.plan(found, folder).trainings >= found.seeds * len(found.systems)
    assert all(known.source for known in found.published)
