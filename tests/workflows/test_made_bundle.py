"""A bundle of ready-made classifiers is evaluated and guarded as any other: real clips, a tiny model of each family."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner

pytest.importorskip("torch")
pytest.importorskip("transformers")
from mien.bundle.bundle import Bundle
from mien.cli import app
from mien.events import finish
from mien.samples import sample
from mien.types import MODALITIES, Audio, Segment, Span
from mien.workflows.make_bundle import make_bundle, planned
from tests.encoders.tiny_models import CLASSIFIERS, MEANING, tiny_classifier

pytestmark = pytest.mark.slow
FAMILIES = {
    "first": {m: kinds[0] for m, kinds in CLASSIFIERS.items()},
    "second": {m: kinds[1] for m, kinds in CLASSIFIERS.items()},
}
EACH = 48  # clips of each modality; a quarter are tests


def made(kinds: Mapping[str, str], folder: Path) -> Bundle:
    """A bundle of tiny models, as ``mien bundle make`` makes it. Only words become a graph, because three take long."""
    lines = ['name = "mine"', 'summary = "Tiny."']
    table = ", ".join(f'{name} = "{label}"' for name, label in MEANING.items())
    for modality, kind in kinds.items():
        tiny_classifier(kind, folder / "hub/tiny")
        run = "onnx" if kind == "bert_classifier" else "torch"
        lines += [f"[parts.{modality}]", f'model = "tiny/{kind}"', 'licence = "CC0"', f'run = "{run}"']
        lines += [f"labels = {{ {table} }}"]
    spec = folder / "mine.toml"
    spec.write_text("\n".join(lines))
    return finish(make_bundle(planned(spec, folder / "bundle", folder / "hub")))


def labelled(path: Path, data: Path) -> None:
    """A manifest of sentences, voices and faces with the labels that the tiny models know."""
    rows: list[dict[str, str]] = []
    with sample("said.csv").open(encoding="utf-8", newline="") as file:
        texts = [r for r in csv.DictReader(file) if r["language"] == "en" and r["label"] in MEANING.values()]
    rows += [{"text": r["text"], "emotion": r["label"]} for r in _some(texts)]
    with (data / "ravdess_speech" / "manifest.csv").open(encoding="utf-8", newline="") as file:
        sounds = [r for r in csv.DictReader(file) if r["label"] in ("happy", "sad", "angry", "neutral")]
    picked = np.random.default_rng(0).permutation(len(sounds))[:EACH]
    rows += [{"audio": str(data / "ravdess_speech" / sounds[k]["path"]), "emotion": sounds[k]["label"]} for k in picked]
    with (data / "ferplus" / "manifest.csv").open(encoding="utf-8", newline="") as file:
        faces = [r for r in csv.DictReader(file) if r["label"] in MEANING.values() and r["split"] == "valid"]
    rows += [{"image": str(data / "ferplus" / r["path"]), "row": r["row"], "emotion": r["label"]} for r in faces[:EACH]]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["text", "audio", "image", "row", "emotion", "speaker", "split"])
        writer.writeheader()
        for n, row in enumerate(rows):
            writer.writerow({**row, "speaker": f"s{n}", "split": "test" if n % 4 == 3 else "valid"})


def _some(rows: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    return [rows[k] for k in np.random.default_rng(0).permutation(len(rows))[:EACH]]


@pytest.mark.parametrize("family", FAMILIES)
def test_it_is_evaluated_and_guarded(family: str, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    bundle, manifest, out = made(FAMILIES[family], tmp_path), tmp_path / "mine.csv", tmp_path / "fitted"
    labelled(manifest, data)
    done = CliRunner().invoke(app, ["calibrate", str(bundle.folder), "--data", str(manifest), "--out", str(out)])
    assert done.exit_code == 0, done.output
    written = tmp_path / "found.json"
    asked = ["evaluate", str(out), "--data", str(manifest), "--subsets", "--calibration", "--json", str(written)]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    table = json.loads(written.read_text(encoding="utf-8"))
    (accuracy,) = [r for r in table["results"] if r["metric"] == "accuracy"]
    assert (accuracy["n"], accuracy["modality"]) == (3 * EACH // 4, "text+voice+face")
    assert 0 < accuracy["value"] < 1
    assert {row["modality"] for row in table["calibration"]} == set(MODALITIES)
    assert all(row["n"] == EACH // 4 for row in table["calibration"])
    assert table["subsets"]
    noisy(Bundle.load(str(out)))


def noisy(fitted: Bundle) -> None:
    """A voice in noise, and one that is cut off, trigger the guards, whose temperatures make the answer flatter."""
    guards = {g.reason: g for g in fitted.trust.guards}
    assert set(guards) == {"short_speech", "noise", "small_face", "blurred_face"}, "words have no such measure here"
    assert all(g.fitted is not None and g.fitted.n for g in guards.values())
    rng = np.random.default_rng(0)
    spoken = rng.normal(0, 0.1, 32_000) * np.repeat(rng.random(40) > 0.5, 800)
    quiet, loud = (spoken + rng.normal(0, level, 32_000) for level in (1e-4, 0.1))
    clean, drowned, short = (
        fitted.answer({"voice": track})
        for samples in (quiet, loud, quiet[:6_000])
        if (track := fitted.encoders["voice"].prepare(heard(samples))) is not None
    )
    assert "noise" not in clean.reasons
    assert "noise" in drowned.reasons
    assert "short_speech" in short.reasons
    for answer in (clean, drowned, short):
        wanted = math.prod(guards[reason].temperature for reason in answer.reasons if reason in guards)
        assert answer.temperature == pytest.approx(wanted, abs=1e-5)


def heard(samples: NDArray[np.float64]) -> Segment:
    audio = Audio(samples.astype(np.float32))
    return Segment(Span(0.0, len(samples) / 16_000), audio=audio)
