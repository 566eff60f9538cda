from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mien.bundle import Bundle
from mien.calibrate import Aims, calibrate, measured
from mien.collect import composites, read_set
from mien.data.batch import ExampleSet, load_sets
from mien.export import export
from mien.train import train
from mien.trust.calibration import logs, normalised
from tests.tiny import recipe, write_pictures

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``place/bundle``, as exported, and its data."""
    root = tmp_path_factory.mktemp("calibrate")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MIEN_CACHE", str(root / "cache"))
        write_pictures(root, count=240)
        run = train(recipe(), root, root / "runs", quiet=True)
        export(run.model, run.encoders, run.recipe, run.probe, root / "bundle")
    return root


def test_a_bundle_is_calibrated_without_training(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(place / "cache"))
    before = Bundle.load(place / "bundle")
    after = calibrate(place / "bundle", place, Aims(coverage=0.8, risk=0.1), quiet=True)
    assert after.sha256 != before.sha256
    assert after.files == before.files, "no graph is touched"
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
    assert small["temperature"] > 1, "of 8 pixels no half can be told from the other"
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
    bundle = calibrate(place / "bundle", place, quiet=True)
    task = bundle.tasks[0]
    reading = read_set(bundle, _valid(bundle, place), task)
    entries = json.loads((place / "bundle" / "bundle.json").read_text(encoding="utf-8"))["trust"]["tasks"][task.name]
    (alone,) = measured([reading], task, entries)
    *single, together = measured([reading, reading], task, entries)
    assert [r["set"] for r in single] == ["pictures", "pictures"]
    assert (together["set"], together["n"]) == ("all of these", 2 * alone["n"])
    assert together["ece"] == pytest.approx(alone["ece"], abs=1e-4)


def test_composites_hold_one_label_and_every_data_set(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(place / "cache"))
    bundle = Bundle.load(place / "bundle")
    task = bundle.tasks[0]
    reading = read_set(bundle, _valid(bundle, place), task)
    sample = composites(bundle, [reading, reading], frozenset(["face"]), task)
    assert sample is not None
    shares = sample.targets.mean(axis=0)
    assert shares[task.labels.index("happy")] == pytest.approx(0.5, abs=0.05)
    assert shares[task.labels.index("angry")] == 0, "labels that no data have are not made up"
    whole = reading.samples[frozenset(["face"])]
    assert sample.right.mean() == pytest.approx(whole.right.mean(), abs=0.05)


def _valid(bundle: Bundle, root: Path) -> ExampleSet:
    how = recipe()
    names = {m: t.name for m, t in how.encoders.items()}
    (part,) = load_sets(how.data, "valid", bundle.encoders, names, how.tasks, root, lambda *_: lambda _: None)
    return part
