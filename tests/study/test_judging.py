"""`mien evaluate`: a bundle on somebody's own labelled data."""

from __future__ import annotations

import csv
import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from mien.cli import main
from mien.produce import produce
from tests.tiny import recipe, write_pictures

pytestmark = pytest.mark.slow  # a model is trained and exported first


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("judging")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MIEN_CACHE", str(root / "cache"))
        write_pictures(root)
        produce(recipe(epochs=2), [0], root, root / "runs", resume=False, quiet=True)
    return root


def evaluate(monkeypatch: pytest.MonkeyPatch, root: Path, *arguments: str) -> object:
    monkeypatch.setenv("MIEN_CACHE", str(root / "cache"))
    bundle = root / "runs" / "tiny" / "seed0" / "bundle"
    monkeypatch.setattr(sys, "argv", ["mien", "evaluate", str(bundle), *arguments])
    with pytest.raises(SystemExit) as done:
        main()
    return done.value.code


def test_own_data_without_splits_are_all_judged(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = ["image,emotion"]
    with (root / "pictures" / "manifest.csv").open(encoding="utf-8") as file:
        lines += [f"{row['path']},{row['label']}" for row in csv.DictReader(file)]
    (root / "pictures" / "own.csv").write_text("\n".join(lines), encoding="utf-8")
    out = root / "rows.json"
    own = str(root / "pictures" / "own.csv")
    assert (
        evaluate(monkeypatch, root, "--data", own, "--json", str(out), "--csv", str(root / "rows.csv"), "--subsets")
        == 0
    )
    table = json.loads(out.read_text(encoding="utf-8"))
    assert {row["n"] for row in table["results"]} == {40}
    assert {row["metric"] for row in table["results"]} >= {"accuracy", "macro_f1", "ece", "nll"}
    assert [cell["subset"] for cell in table["subsets"]] == ["face"]
    said = capsys.readouterr()
    assert "all rows are judged" in said.err
    assert "macro_f1" in said.out
    with (root / "rows.csv").open(encoding="utf-8") as file:
        (cell,) = csv.DictReader(file)
    assert cell["rate"] == "0.0"


def test_groups_of_a_column_are_compared(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = ["image,emotion,speaker,glasses"]
    for i in range(40):
        lines.append(f"{i}.png,{('happy', 'sad')[i % 2]},s{i // 4},{'yes' if i >= 20 else 'no' if i else ''}")
    (root / "pictures" / "people.csv").write_text("\n".join(lines), encoding="utf-8")
    data = ("--data", str(root / "pictures" / "people.csv"))
    assert evaluate(monkeypatch, root, *data, "--groups", "glasses", "--json", str(root / "groups.json")) == 0
    found = json.loads((root / "groups.json").read_text(encoding="utf-8"))["groups"]
    assert found["column"] == "glasses"
    assert {(r["group"], r["n"], r["people"], r["value"]) for r in found["groups"]} == {
        ("no", 19, 5, None),
        ("yes", 20, 5, None),
    }
    assert "too few" in capsys.readouterr().out
    page = root / "page.html"
    assert evaluate(monkeypatch, root, *data, "--groups", "glasses", "--calibration", "--html", str(page)) == 0
    text = page.read_text(encoding="utf-8")
    for expected in ("Groups: glasses", "No two groups are large enough", "Calibration", 'id="reliability0"', "people"):
        assert expected in text
    assert evaluate(monkeypatch, root, *data, "--groups", "glases") == 2
    assert "did you mean 'glasses'?" in capsys.readouterr().err


def test_the_bundle_says_what_training_measured(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test rows of the manifest, judged again, give what ``produce`` wrote."""
    from mien.bundle import Bundle
    from mien.study.judging import judged

    monkeypatch.setenv("MIEN_CACHE", str(root / "cache"))
    folder = root / "runs" / "tiny" / "seed0"
    found = judged(Bundle.load(folder / "bundle"), replace(recipe(), name="other"), root, quiet=True)
    written = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    assert found.rows == written


def test_data_must_be_named(root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(monkeypatch, root) == 2
    assert "--data my.csv" in capsys.readouterr().err
