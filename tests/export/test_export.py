from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mien.bundle.bundle import Bundle
from mien.data.load import segment_of
from mien.errors import InputError, MienError, ParityError, RecipeError
from mien.events import finish
from mien.export.export import export
from mien.model.heads import score
from mien.recipe.recipe import Export, Target
from mien.runtime.cache import file_sha256
from mien.training.result import Run
from mien.types import Task
from mien.workflows.train_bundle import exported
from tests.tiny import bundle_of, clips_recipe, pictures, recipe, trained, write_clips, write_pictures


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    with pictures(tmp_path_factory) as root:
        return trained(recipe(), root, root / "runs")


def test_the_bundle_answers_as_the_model_does(run: Run, tmp_path: Path) -> None:
    bundle = export(run.model, run.encoders, run.recipe, run.probe, tmp_path / "bundle")
    part = run.probe[0]
    for index in range(len(part)):
        with torch.no_grad():
            logits = run.model(part.batch([index])).logits["emotion"]
            expected = score(bundle.tasks[0], logits)[0].numpy()
        answer = bundle.answer(part.tracks(index))
        np.testing.assert_allclose(answer.scores["emotion"], expected, atol=1e-5)
        assert answer.weights == {"face": pytest.approx(1.0)}
        assert sum(answer.scores["emotion"]) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.slow
def test_half_precision_shrinks_the_file(run: Run, tmp_path: Path) -> None:
    small = replace(run.recipe, export=Export(float16=("face",)))
    full = export(run.model, run.encoders, run.recipe, run.probe, tmp_path / "full")
    half = export(run.model, run.encoders, small, run.probe, tmp_path / "half")
    sizes = [next(p.stat().st_size for p in (tmp_path / n).glob("face-*.onnx")) for n in ("full", "half")]
    assert sizes[1] < 0.85 * sizes[0], "the graph itself stays"
    track = run.probe[0].tracks(0)
    np.testing.assert_allclose(half.answer(track).scores["emotion"], full.answer(track).scores["emotion"], atol=0.02)


@pytest.mark.slow
def test_a_mismatch_is_refused_and_leaves_nothing(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def turned(self: Bundle, *args: object) -> object:
        encoded = encode(self, *args)  # type: ignore[arg-type]
        return replace(encoded, states=-5 * encoded.states)

    encode = Bundle.encode
    monkeypatch.setattr(Bundle, "encode", turned)
    with pytest.raises(ParityError, match="nothing was exported"):
        export(run.model, run.encoders, run.recipe, run.probe, tmp_path / "bundle")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_damage_is_noticed(run: Run, tmp_path: Path) -> None:
    export(run.model, run.encoders, run.recipe, run.probe, tmp_path / "bundle")
    graph = next((tmp_path / "bundle").glob("face-*.onnx"))
    graph.write_bytes(graph.read_bytes()[:-1] + b"x")
    with pytest.raises(MienError, match="is damaged"):
        Bundle.load(tmp_path / "bundle").answer(run.probe[0].tracks(0))
    graph.unlink()
    with pytest.raises(MienError, match="lacks its file"):
        Bundle.load(tmp_path / "bundle").answer(run.probe[0].tracks(0))


@pytest.mark.slow
def test_half_a_model_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    write_pictures(tmp_path)
    run = trained(recipe(learn=["fusion", "heads"]), tmp_path, tmp_path / "runs")
    with pytest.raises(ValueError, match=r"the graph of face would lack what was run once; export whole\(run\)"):
        export(run.model, run.encoders, run.recipe, run.probe, tmp_path / "half")
    assert not (tmp_path / "half").exists()
    raw = run.encoders["face"].prepare(segment_of(run.probe[0].examples[0].clip, "face"))  # type: ignore[arg-type]  # it has a face
    assert raw is not None
    bundle = finish(exported(run, tmp_path / "bundle"))
    assert bundle.answer({"face": raw}).scores["emotion"].sum() == pytest.approx(1.0, abs=1e-5)


def test_the_card_of_a_score_speaks_of_no_label(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    write_clips(tmp_path)
    plan = clips_recipe(epochs=1)
    source = replace(plan.data[0], targets={"intensity": Target("intensity")})
    plan = replace(plan, tasks=(Task("intensity", "score", bounds=(0.0, 1.0)),), data=(source,))
    run = trained(plan, tmp_path, tmp_path / "runs")
    bundle = finish(exported(run, tmp_path / "bundle"))
    (line,) = [text for text in bundle.card.splitlines() if "against torch" in text]
    assert f"on {len(run.probe[0])} real examples: largest difference of a score " in line


def test_a_bundle_of_other_weights_is_not_taken_for_this_one(run: Run, tmp_path: Path) -> None:
    first = finish(exported(run, tmp_path / "bundle"))
    assert first.weights == run.weights == file_sha256(run.folder / "weights.safetensors")
    assert finish(exported(run, tmp_path / "bundle")).sha256 == first.sha256
    with pytest.raises(InputError, match="bundle' holds a bundle of other weights; remove that folder"):
        export(run.model, run.encoders, run.recipe, run.probe, tmp_path / "bundle", weights="0" * 64)


def test_other_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no bundle"):
        Bundle.load(tmp_path)
    (tmp_path / "bundle.json").write_text("{")
    with pytest.raises(InputError, match="not valid JSON"):
        Bundle.load(tmp_path)
    (tmp_path / "bundle.json").write_text(json.dumps({"schema": "mien.bundle/99"}))
    with pytest.raises(InputError, match="this version of mien reads mien"):
        Bundle.load(tmp_path)


@pytest.mark.slow
def test_the_whole_line_reports_mean_and_deviation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    write_pictures(tmp_path)
    bundle = bundle_of(recipe(epochs=8), [0, 1, 2], tmp_path, tmp_path / "runs")
    rows = {r.metric: r for r in bundle.table.evaluation}
    assert rows["accuracy"].n == 10
    assert rows["accuracy"].majority == 0.5
    assert rows["accuracy"].seeds == 3
    assert rows["accuracy"].std is not None
    assert "| pictures | test | face | accuracy |" in bundle.card
    again = bundle_of(recipe(epochs=8), [0, 1, 2], tmp_path, tmp_path / "runs", resume=True)
    assert again.sha256 == bundle.sha256


@pytest.mark.slow
def test_a_modality_that_training_examples_alone_have_is_exported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    write_faceless(tmp_path, "valid")
    run = trained(clips_recipe(), tmp_path, tmp_path / "runs")
    bundle = export(run.model, run.encoders, run.recipe, run.probe, tmp_path / "bundle")
    assert bundle.modalities == ("text", "voice", "face")


def test_a_modality_that_no_training_example_has_is_told_before_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    write_faceless(tmp_path, "train")
    with pytest.raises(RecipeError, match="no training example of 'clips' has face; add some, or leave it out: --set"):
        trained(clips_recipe(), tmp_path, tmp_path / "runs")


def write_faceless(root: Path, split: str) -> None:
    """Clips of which those of one split have no face."""
    write_clips(root)
    with np.load(root / "clips.npz") as arrays:
        table = dict(arrays)
    table["has_face"] = np.where(table["split"] == split, "", table["has_face"])
    np.savez(root / "clips.npz", **table)
