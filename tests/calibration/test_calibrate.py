from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mien.bundle.bundle import UNCALIBRATED, Bundle
from mien.calibration.calibrate import calibrate
from mien.calibration.channels import Channels
from mien.calibration.effects import effects
from mien.calibration.entries import Aims
from mien.calibration.fit_guards import read_degraded
from mien.calibration.samples import composites, read_set
from mien.data.corpus import Corpus
from mien.data.items import Copies
from mien.data.manifest import read
from mien.data.sets import ExampleSet, example_sets
from mien.errors import InputError
from mien.events import finish
from mien.export.export import export
from mien.recipe.recipe import Target
from mien.trust.calibration import logs, normalised
from mien.types import Task
from tests.tiny import bundle_of, own, pictures, recipe, trained, write_pictures

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``place/bundle``, as exported, and its data."""
    with pictures(tmp_path_factory, count=240) as root:
        run = trained(recipe(), root, root / "runs")
        export(run.model, run.encoders, run.recipe, run.probe, root / "bundle")
    return root


def calibrated(folder: Path, root: Path, aims: Aims | None = None) -> Bundle:
    """On its own data."""
    bundle = Bundle.load(folder)
    return finish(calibrate(bundle, bundle.recipe, Corpus.of(bundle.recipe, root), aims))


def test_a_bundle_is_calibrated_without_training(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(place / "cache"))
    before = Bundle.load(place / "bundle")
    after = calibrated(place / "bundle", place, Aims(coverage=0.8, risk=0.1))
    assert after.sha256 != before.sha256
    assert after.table.graphs == before.table.graphs, "no graph is touched"
    table = json.loads((place / "bundle" / "bundle.json").read_text(encoding="utf-8"))["trust"]
    entry = table["tasks"]["emotion"]["face"]
    assert entry["data"] == ["pictures valid"]
    assert not entry["composite"]
    assert entry["label_sets"]["coverage"] == 0.8
    assert entry["uncertain"]["below"] >= 0.5
    (row,) = table["measured"]
    assert (row["set"], row["modality"], row["n"]) == ("pictures", "face", 60)
    assert row["nll"] <= row["before"]["nll"] + 0.05
    assert "How far an answer can be trusted" in after.card
    small, blurred = table["guards"]
    assert (small["reason"], small["below"], blurred["reason"]) == ("small_face", 16.0, "blurred_face")
    assert small["fitted"]["n"] == 120, "60 faces, of 14 and of 8 pixels"
    assert small["fitted"]["clean_share"] == 0
    assert small["fitted"]["nll"] <= small["fitted"]["nll_before"]
    assert "| small_face | face | side_px < 16 | shrink:14, shrink:8, blur:2, blur:4 | 120 |" in after.card
    part = _valid(after, place)
    tracks = part.tracks(0)
    answer = after.answer(tracks)
    scale = np.asarray(entry["calibration"]["scale"], np.float32)
    expected = normalised(scale * logs(before.answer(tracks).scores["emotion"]))
    np.testing.assert_allclose(answer.scores["emotion"], expected, atol=1e-4)
    np.testing.assert_allclose(answer.uncalibrated["emotion"], before.answer(tracks).scores["emotion"], atol=1e-6)
    assert answer.label_sets["emotion"][0] == after.tasks[0].labels[int(answer.scores["emotion"].argmax())]
    assert before.answer(tracks).label_sets["emotion"] == ()


def test_the_test_sets_of_a_modality_are_measured_together_too(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(place / "cache"))
    bundle = calibrated(place / "bundle", place)
    task = bundle.tasks[0]
    answers = read_set(bundle, _valid(bundle, place), task)
    assert bundle.table.trust is not None
    entries = bundle.table.trust.tasks[task.name]
    (alone,) = effects([answers], task, entries)
    *single, together = effects([answers, answers], task, entries)
    assert [r.set for r in single] == ["pictures", "pictures"]
    assert (together.set, together.after.n) == ("all of these", 2 * alone.after.n)
    assert together.after.ece == pytest.approx(alone.after.ece, abs=1e-4)


def test_composites_hold_one_label_and_every_data_set(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(place / "cache"))
    bundle = Bundle.load(place / "bundle")
    task = bundle.tasks[0]
    answers = read_set(bundle, _valid(bundle, place), task)
    sample = composites(bundle, [answers, answers], frozenset(["face"]), task)
    assert sample is not None
    shares = sample.targets.mean(axis=0)
    assert shares[task.labels.index("happy")] == pytest.approx(0.5, abs=0.05)
    assert shares[task.labels.index("angry")] == 0, "labels that no data have are not made up"
    whole = answers.samples[frozenset(["face"])]
    assert sample.right.mean() == pytest.approx(whole.right.mean(), abs=0.05)
    channels = Channels({"face": 0.5}, {}, "neutral")
    never = composites(bundle, [answers], frozenset(["face"]), task, channels)
    assert never is not None
    assert never.right.mean() == pytest.approx(whole.right.mean(), abs=0.05), "without a silent example, none is silent"


def test_own_clips_make_another_bundle(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(place / "cache"))
    bundle = Bundle.load(place / "bundle")
    rows = list(csv.DictReader((place / "pictures" / "manifest.csv").read_text(encoding="utf-8").splitlines()))
    mine = place / "mine.csv"
    lines = [f"{place / 'pictures' / row['path']},person {i % 9},{row['label']}" for i, row in enumerate(rows)]
    mine.write_text("\n".join(["image,speaker,emotion", *lines]), encoding="utf-8")
    kept = json.loads((place / "bundle" / "bundle.json").read_text(encoding="utf-8"))
    plan, corpus = own(bundle.recipe, mine, purpose="calibrate")
    made = finish(calibrate(bundle, plan, corpus, out=place / "apart"))
    assert json.loads((place / "bundle" / "bundle.json").read_text(encoding="utf-8")) == kept, "it stays as it is"
    assert (made.name, made.folder) == (f"{bundle.recipe.name}-mine", place / "apart")
    table = json.loads((made.folder / "bundle.json").read_text(encoding="utf-8"))["trust"]
    entry, (row,) = table["tasks"]["emotion"]["face"], table["measured"]
    assert (entry["data"], entry["speakers"], row["set"]) == (["mine valid"], 4, "mine")
    assert entry["n"] + row["n"] == len(rows), "one half of the people each"
    part = _valid(bundle, place)
    raw = made.answer(part.tracks(0)).uncalibrated["emotion"]
    np.testing.assert_array_equal(raw, bundle.answer(part.tracks(0)).uncalibrated["emotion"])
    with pytest.raises(InputError, match="data of your own make another bundle; say with --out"):
        finish(calibrate(bundle, plan, corpus))
    with pytest.raises(InputError, match="is there already; name a folder that is not"):
        finish(calibrate(bundle, plan, corpus, out=place / "apart"))


def _valid(bundle: Bundle, root: Path) -> ExampleSet:
    how = recipe()
    (part,) = finish(example_sets(Corpus.of(how, root), "valid", bundle.encoders, how.encoders))
    return part


def test_a_task_without_validation_labels_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    write_pictures(tmp_path, count=240)
    manifest = tmp_path / "pictures" / "manifest.csv"
    head, *rows = manifest.read_text(encoding="utf-8").splitlines()
    # An act that the training split alone is labelled for.
    acts = [
        f"{row},{'ask' if number % 2 else 'tell'}" if ",train," in row else f"{row}," for number, row in enumerate(rows)
    ]
    manifest.write_text("\n".join([f"{head},act", *acts]), encoding="utf-8")
    plain = recipe(epochs=1)
    (source,) = plain.data
    several = replace(
        plain,
        tasks=(*plain.tasks, Task("act", "single", ("ask", "tell"))),
        data=(replace(source, targets={**source.targets, "act": Target("act")}),),
    )
    run = trained(several, tmp_path, tmp_path / "runs")
    export(run.model, run.encoders, run.recipe, run.probe, tmp_path / "bundle")
    bundle = calibrated(tmp_path / "bundle", tmp_path)
    table = json.loads((tmp_path / "bundle" / "bundle.json").read_text(encoding="utf-8"))["trust"]
    assert list(table["tasks"]) == ["emotion"]
    answer = bundle.answer(_valid(bundle, tmp_path).tracks(0))
    assert answer.label_sets["act"] == (), "it is answered as the graph does"


def test_few_validation_examples_calibrate_nothing_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    write_pictures(tmp_path, count=40)
    bundle = bundle_of(recipe(epochs=1), [0], tmp_path, tmp_path / "runs")
    assert bundle.notices == (UNCALIBRATED,)
    assert "Probabilities are not calibrated: too few labelled validation examples" in bundle.card
    with pytest.raises(InputError, match="fewer than 30 validation examples"):
        calibrated(bundle.folder, tmp_path)


def test_training_calibrates_what_it_makes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    write_pictures(tmp_path, count=240)
    bundle = bundle_of(recipe(epochs=1), [0], tmp_path, tmp_path / "runs")
    assert bundle.notices == ()
    before = bundle.card
    assert calibrated(bundle.folder, tmp_path).card == before, "as mien calibrate does it"


def test_degraded_validation_examples_are_those_held_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Held-out speakers stay held out, and published labels stay hard where training learns from votes."""
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    write_pictures(tmp_path, count=80)
    manifest = tmp_path / "pictures" / "manifest.csv"
    head, *rows = manifest.read_text(encoding="utf-8").splitlines()
    manifest.write_text("\n".join([f"{head},h,s", *(f"{row},4,6" for row in rows)]), encoding="utf-8")
    plain = recipe(epochs=1)
    (source,) = plain.data
    voted = Target("label", votes={"h": "happy", "s": "sad"})
    held = replace(source, splits={"valid": "train"}, hold_out=0.34, targets={"emotion": voted})
    how = replace(plain, data=(held,))
    run = trained(how, tmp_path, tmp_path / "runs")
    bundle = export(run.model, run.encoders, run.recipe, run.probe, tmp_path / "bundle")
    task = bundle.tasks[0]
    corpus, copies = Corpus.of(bundle.recipe, tmp_path), Copies("shrink:8", 300)
    valid, test = (finish(read_degraded(bundle, corpus, "face", split, task, copies)) for split in ("valid", "test"))
    examples = read(held, how.tasks, tmp_path)
    for split, (worse,) in (("valid", valid), ("test", test)):
        clean = [e for e in examples if e.split == split]
        assert sorted(worse.sample.groups) == sorted(e.group or "" for e in clean)
        assert set(worse.sample.targets.max(axis=1)) == {e.targets["emotion"].max() for e in clean}
    assert {e.targets["emotion"].max() for e in examples if e.split == "test"} == {1.0}
