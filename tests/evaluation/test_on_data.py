"""`mien evaluate`: a bundle on somebody's own labelled data."""

from __future__ import annotations

import csv
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from mien.bundle.bundle import Bundle
from mien.bundle.encoded import EncodedTracks
from mien.cli import main
from mien.data.corpus import Corpus
from mien.evaluation.on_data import report_on
from mien.events import finish
from mien.types import Modality, Track
from tests.tiny import bundle_of, clips_recipe, own, pictures, recipe, write_clips, write_pictures

pytestmark = pytest.mark.slow  # a model is trained and exported first


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pictures(tmp_path_factory) as root:
        bundle_of(recipe(epochs=2), [0], root, root / "runs")
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
    assert "all rows are evaluated" in said.err
    assert "macro_f1" in said.out
    with (root / "rows.csv").open(encoding="utf-8") as file:
        *rows, cell = csv.DictReader(file)
    assert [row["metric"] for row in rows] == [row["metric"] for row in table["results"]]
    assert (cell["rate"], cell["modality"], {row["rate"] for row in rows}) == ("0.0", "face", {""})


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
    for expected in ("Groups: glasses", "No two groups are large enough", 'id="risk0"', 'id="reliability0"', "people"):
        assert expected in text
    capsys.readouterr()
    assert evaluate(monkeypatch, root, *data, "--json", "-") == 0
    assert {row["n"] for row in json.loads(capsys.readouterr().out)["results"]} == {40}, "JSON and nothing else"
    assert evaluate(monkeypatch, root, *data, "--groups", "glases") == 2
    assert "did you mean 'glasses'?" in capsys.readouterr().err


def test_the_bundle_says_what_training_measured(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test rows of the manifest, judged again, give what ``produce`` wrote."""
    monkeypatch.setenv("MIEN_CACHE", str(root / "cache"))
    folder = root / "runs" / "tiny" / "seed0"
    found = finish(report_on(Bundle.load(folder / "bundle"), Corpus.of(recipe(), root)))
    written = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    assert [row.as_table() for row in found.rows] == written


def test_every_subset_is_measured_as_on_the_card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three modalities, of which some clips lack some; the encoders run once for all subsets."""
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    write_clips(tmp_path, count=320)
    plan = clips_recipe()
    bundle = bundle_of(plan, [0], tmp_path, tmp_path / "runs")
    read: Counter[Modality] = Counter()
    encode = Bundle.encode

    def counting(self: Bundle, modality: Modality, tracks: Sequence[Track]) -> EncodedTracks:
        read[modality] += len(tracks)
        return encode(self, modality, tracks)

    monkeypatch.setattr(Bundle, "encode", counting)
    corpus = Corpus.of(plan, tmp_path)
    finish(report_on(bundle, corpus))
    without = Counter(read)
    found = finish(report_on(bundle, corpus, calibration=True))
    counts = {row.modality: row.figures.n for row in found.reliability}
    assert list(counts) == ["text", "voice", "face", "text+voice", "text+face", "voice+face", "text+voice+face"]
    assert counts["text"] == 80
    assert counts["text+voice+face"] < counts["text+voice"] == counts["voice"] < 80
    assert {m: n - 2 * without[m] for m, n in read.items()} == {m: counts[m] for m in read}
    table = json.loads((bundle.folder / "bundle.json").read_text(encoding="utf-8"))
    card = {row["modality"]: row for row in table["trust"]["measured"]}
    assert card.keys() == counts.keys()
    for row in found.reliability:
        assert row.figures.n == card[row.modality]["n"]
        for figure in ("accuracy", "ece", "brier", "aurc", "covered"):
            assert getattr(row.figures, figure) == pytest.approx(card[row.modality][figure], abs=2e-3), (
                row.modality,
                figure,
            )


def test_the_manifest_that_was_trained_on_is_judged_on_its_test_people(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The line of the README: ``mien evaluate runs/fusion-my/seed0/bundle --data my.csv``, without a column ``split``."""
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    write_pictures(tmp_path)
    mine = tmp_path / "pictures" / "my.csv"
    lines = [f"{i}.png,{('happy', 'sad')[i % 2]},s{i % 10}" for i in range(40)]
    mine.write_text("\n".join(["image,emotion,speaker", *lines]), encoding="utf-8")
    plan, _ = own(recipe(epochs=1), mine)
    bundle_of(plan, [0], mine.parent, tmp_path / "runs")
    run, out = tmp_path / "runs" / plan.name / "seed0", tmp_path / "again.json"
    arguments = [str(run / "bundle"), "--data", str(mine), "--json", str(out)]
    monkeypatch.setattr(sys, "argv", ["mien", "evaluate", *arguments])
    with pytest.raises(SystemExit) as done:
        main()
    said = capsys.readouterr().err
    assert done.value.code == 0, said
    assert "its test rows are evaluated" in said
    trained = json.loads((run / "results.json").read_text(encoding="utf-8"))
    assert json.loads(out.read_text(encoding="utf-8"))["results"] == trained
    assert {row["n"] for row in trained} == {8}, "two of ten people"


def test_data_must_be_named(root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(monkeypatch, root) == 2
    assert "--data my.csv" in capsys.readouterr().err
