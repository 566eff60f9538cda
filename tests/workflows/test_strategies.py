"""The strategies as recipes, on a small manifest of real faces, voices and words; and bundles of pretrained models."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tools.ship_bundle import ship

from mien.bundle.bundle import Bundle
from mien.errors import InputError
from mien.events import finish
from mien.export.export import export
from mien.model.heads import score
from mien.pipeline import Analyzer
from mien.recipe.recipe import Recipe, Source, load
from mien.recipe.sections import EncoderTable, Training
from mien.training.result import Run, whole
from mien.types import MODALITIES
from tests.encoders.tiny_models import tiny_model
from tests.tiny import own, trained

_FACES = ("angry", "disgusted", "fearful", "happy", "neutral", "sad", "surprised")
_SPLITS = ("train",) * 6 + ("valid", "valid", "test", "test")
_TEXT = ("oh no !", "i can't believe it", "we won !", "so glad", "hello there", "is it true ?")


@pytest.fixture(scope="module")
def manifest(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten rows with a picture, a sound and a sentence each. They are of different people: only the plumbing is tested."""
    path = tmp_path_factory.mktemp("clips") / "my.csv"
    sounds = sorted((samples / "audio").glob("*_*.wav"))[:10]
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "image", "audio", "text", "speaker", "split", "emotion", "sentiment", "dialogue", "turn"])
        for i, (sound, split) in enumerate(zip(sounds, _SPLITS, strict=True)):
            face = _FACES[i % 7]
            mood = ("negative", "neutral", "positive")[i % 3] if i else ""
            image = samples / f"image/faceapi_{face}.jpg"
            rows.writerow([i, image, sound, _TEXT[i % 6], f"s{i}", split, face, mood, split, i])
    return path


def short(recipe: Recipe, manifest: Path, **how: object) -> Recipe:
    """Two steps of it on the manifest."""
    plan, _ = own(recipe, manifest)
    return replace(plan, train=replace(plan.train, epochs=1, batch=3, **how))  # type: ignore[arg-type]  # of Training


@pytest.mark.slow
@pytest.mark.parametrize("name", ["fusion", "multitask", "endtoend", "cnn", "bert_cnn"])
def test_a_strategy_learns_from_ones_own_manifest(name: str, manifest: Path, tmp_path: Path) -> None:
    changes = [f'encoders.text.options.model="{tiny_model("bert", tmp_path)}"'] if name == "bert_cnn" else []
    recipe = short(load(name, changes), manifest)
    before = torch.cat([p.detach().flatten() for p in _model(recipe).parameters() if p.requires_grad])
    run = trained(recipe, manifest.parent, tmp_path / "runs")
    after = torch.cat([p.detach().flatten() for p in run.model.parameters() if p.requires_grad])
    assert run.valid_loss is not None
    assert np.isfinite(run.valid_loss)
    assert set(run.encoders) == set(load(name, changes).encoders)
    assert (before != after).float().mean() > 0.5, "most of what learns has moved"
    assert len(run.probe[0]) == 2


def _model(recipe: Recipe) -> torch.nn.Module:
    from mien.model.build import build

    return build(recipe)[0]


def test_the_classic_baseline_is_as_wide_as_it_says(tmp_path: Path) -> None:
    model = _model(load("bert_cnn", [f'encoders.text.options.model="{tiny_model("bert", tmp_path)}"']))
    assert {m: int(n.dim) for m, n in model.networks.items()} == dict.fromkeys(MODALITIES, 64)  # type: ignore[union-attr, operator]  # a Model
    assert tuple(model.heads["emotion"].weight.shape) == (7, 192)  # type: ignore[index, union-attr]  # the same


def pretrained(kinds: tuple[str, str, str], models: Path) -> Recipe:
    """Frozen tiny models of the ecosystem: two layers mixed, mapped, or as they are."""
    paths = [str(tiny_model(kind, models)) for kind in kinds]
    pooling = "mean" if kinds[2] == "resnet" else "first"
    return Recipe(
        "pretrained",
        {
            "text": EncoderTable("text_hf", {"model": paths[0], "layers": [1, 2], "context": 2}),
            "voice": EncoderTable("voice_hf", {"model": paths[1], "pooling": "mean", "dim": 8}),
            "face": EncoderTable("face_hf", {"model": paths[2], "pooling": pooling, "learn": True}),
        },
        (Source("x", "x.csv", context=2),),
        fusion={"name": "concat"},
        train=Training(epochs=1, batch=3, lr=0.01),
    )


ANSWER = """
import json, sys
from pathlib import Path
from mien.bundle.bundle import Bundle
from mien.data.load import segment_of
from mien.types import Clip
from tests.tiny import trained
bundle = Bundle.load(sys.argv[1])
clip = Clip("x", audio=Path(sys.argv[2]), image=Path(sys.argv[3]), text=sys.argv[4], context=tuple(sys.argv[5:]))
tracks = {m: e.prepare(segment_of(clip, m)) for m, e in bundle.encoders.items()}
scores = bundle.answer(tracks).scores["emotion"].tolist()
heavy = [m for m in ("torch", "transformers", "peft", "safetensors") if m in sys.modules]
print(json.dumps({"scores": scores, "heavy": heavy, "modalities": sorted(tracks)}))
"""


@pytest.mark.slow
@pytest.mark.parametrize("kinds", [("bert", "wav2vec2", "vit"), ("gpt2", "whisper", "resnet")], ids="-".join)
def test_a_bundle_of_pretrained_models_needs_none_of_them(
    kinds: tuple[str, str, str], manifest: Path, samples: Path, tmp_path: Path
) -> None:
    recipe = short(pretrained(kinds, tmp_path / "models"), manifest)
    run = finish(whole(trained(recipe, manifest.parent, tmp_path / "runs")))
    bundle = export(run.model, run.encoders, run.recipe, run.probe, tmp_path / "bundle")
    assert json.loads((tmp_path / "bundle/bundle.json").read_text())["parity"]["largest_difference"] < 1e-4
    example = run.probe[0].examples[1]
    with torch.no_grad():
        logits = run.model(run.probe[0].batch([1])).logits["emotion"]
    expected = score(bundle.tasks[0], logits)[0].numpy()
    shutil.rmtree(tmp_path / "models")
    clip = example.clip
    assert len(clip.context) == 1
    arguments = [str(tmp_path / "bundle"), str(clip.audio), str(clip.image), str(clip.text), *clip.context]
    done = subprocess.run([sys.executable, "-c", ANSWER, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["heavy"] == []
    assert found["modalities"] == sorted(MODALITIES)
    np.testing.assert_allclose(found["scores"], expected, atol=1e-4)
    timeline = Analyzer(tmp_path / "bundle").analyze(samples / "video/cremad_1001_DFA_HAP.mp4")
    assert set(timeline.predictions[0].opinions) == set(MODALITIES), "a raw clip has all three"


@pytest.fixture(scope="module")
def smiled(manifest: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    table = EncoderTable("voice_opensmile", {"features": "eGeMAPSv02", "hidden": 8})
    recipe = Recipe("smiled", {"voice": table}, (Source("x", "x.csv"),), fusion={"name": "concat"})
    return trained(short(recipe, manifest), manifest.parent, tmp_path_factory.mktemp("runs"))


@pytest.mark.slow
def test_a_bundle_says_what_the_licence_of_opensmile_says_and_is_not_shipped(smiled: Run, tmp_path: Path) -> None:
    bundle = export(smiled.model, smiled.encoders, smiled.recipe, smiled.probe, tmp_path / "bundle")
    assert any("research only" in note for note in bundle.notes)
    assert "research only" in bundle.card
    with pytest.raises(InputError, match="cannot be shipped with mien: openSMILE"):
        ship(tmp_path / "bundle")
    assert Bundle.load(tmp_path / "bundle").encoders["voice"].quality_names == ("snr_db", "seconds")
