"""Bundles of ready-made classifiers: made from a folder in place of the hub, and used as any other bundle."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from mien import bundles
from mien.bundle.bundle import Bundle
from mien.bundle.write import copied
from mien.calibration.calibrate import calibrate
from mien.cli import app
from mien.cli.bundles import obtained
from mien.data.load import words_of
from mien.data.own import own_data
from mien.encoders.base import encoders
from mien.errors import InputError
from mien.events import Event, Notice, finish
from mien.pipeline import Analyzer
from mien.recipe.specification import load
from mien.samples import demo_clip, sample
from mien.types import Segment, Span
from mien.workflows.make_bundle import make_bundle, planned, proposal
from tests.encoders.tiny_models import MEANING, tiny_classifier

COUNTS = {"sad": 10, "joy": 20, "anger": 5, "neutral": 100}
PARTS = {
    "text": ("bert_classifier", "onnx"),
    "voice": ("wav2vec2_classifier", "torch"),
    "face": ("vit_classifier", "auto"),
}


def specification(folder: Path, extra: str = "", parts: Sequence[str] = tuple(PARTS), **changes: object) -> Path:
    """A specification of tiny models under ``folder/hub/tiny``. ``extra`` stands in the part of the text."""
    lines = ['name = "mine"', 'summary = "Tiny."']
    table = ", ".join(f'{name} = "{label}"' for name, label in {**MEANING, **changes}.items())
    for modality in parts:
        kind, run = PARTS[modality]
        tiny_classifier(kind, folder / "hub/tiny")
        lines += [f"[parts.{modality}]", f'model = "tiny/{kind}"', f'licence = "CC0 {modality}"', f'run = "{run}"']
        lines += [f"labels = {{ {table} }}", extra if modality == "text" else ""]
    path = folder / "mine.toml"
    path.write_text("\n".join(lines))
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("made")


@pytest.fixture(scope="module")
def bundle(folder: Path) -> Bundle:
    counts = ", ".join(f"{name} = {count}" for name, count in COUNTS.items())
    spec = specification(folder, f"counts = {{ {counts} }}\ncounted = 'a test'")
    return finish(make_bundle(planned(spec, folder / "bundle", folder / "hub")))


def test_labels_are_checked_before_weights_are_fetched(tmp_path: Path) -> None:
    spec = specification(tmp_path, bored="sad")
    for weights in (tmp_path / "hub").rglob("*.safetensors"):
        weights.unlink()
    with pytest.raises(InputError, match="'tiny/bert_classifier' has no label 'bored'"):
        finish(make_bundle(planned(spec, tmp_path / "b", tmp_path / "hub")))
    with pytest.raises(InputError, match=r"the model 'tiny/bert_classifier' has no model\.safetensors"):
        finish(make_bundle(planned(specification(tmp_path), tmp_path / "b", tmp_path / "hub")))
    assert not (tmp_path / "b").exists()


def test_a_model_that_is_not_there_is_told(tmp_path: Path) -> None:
    spec, empty = specification(tmp_path), tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(InputError, match="has no model 'tiny/bert_classifier'; put it there as"):
        finish(make_bundle(planned(spec, tmp_path / "b", empty)))
    with pytest.raises(InputError, match="check --hub"):
        finish(make_bundle(planned(spec, tmp_path / "b", tmp_path / "nowhere")))
    with pytest.raises(InputError, match="neither a folder nor in the local cache"):
        finish(make_bundle(planned(spec, tmp_path / "b")))
    with pytest.raises(InputError, match="say with --out"):
        planned(spec)


def test_a_model_cannot_lie_outside_of_the_folder(tmp_path: Path) -> None:
    spec = specification(tmp_path)
    spec.write_text(spec.read_text().replace("tiny/bert_classifier", "../hub/tiny/bert_classifier"))
    (tmp_path / "other").mkdir()
    with pytest.raises(InputError, match="no hub model can have that name"):
        finish(make_bundle(planned(spec, tmp_path / "b", tmp_path / "other")))


def test_a_proposal_is_read_back(tmp_path: Path) -> None:
    model = tiny_classifier("wavlm_classifier", tmp_path, id2label={0: "hap", 1: 'b"\u202e', 2: "ang"})
    text = proposal(str(model))
    assert '[parts.voice.labels]\n"hap" = "happy"\n"ang" = "angry"\n# "b' in text
    done = CliRunner().invoke(app, ["bundle", "labels", str(model)])
    assert done.exit_code == 0
    assert "\u202e" not in done.output


def test_licences_come_before_anything_is_taken(tmp_path: Path) -> None:
    spec = specification(tmp_path)
    done = CliRunner().invoke(
        app, ["bundle", "make", str(spec), "--out", str(tmp_path / "b"), "--hub", str(tmp_path / "hub")]
    )
    assert isinstance(done.exception, InputError)
    assert "say --yes" in str(done.exception)
    assert "tiny/bert_classifier (CC0 text)" in done.output
    assert not (tmp_path / "b").exists()


def test_the_preset_is_made_only_when_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path))
    with pytest.raises(InputError, match="run: mien bundle make large"):
        Bundle.load("large")
    done = CliRunner().invoke(app, ["analyze", "--text", "hello", "--bundle", "large"])
    assert "say --yes" in str(done.exception)
    assert "SamLowe/roberta-base-go_emotions (MIT)" in done.output
    with pytest.raises(InputError, match="has no model 'SamLowe/roberta-base-go_emotions'"):
        finish(make_bundle(planned("large", mirror=tmp_path)))


@pytest.mark.slow
def test_the_preset_is_made_and_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With tiny models that have the names and labels of the real ones. In torch, because three graphs take long."""
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    spec = load(bundles.preset("large"))
    ours = tmp_path / "large.toml"
    text = bundles.preset("large").read_text(encoding="utf-8")
    ours.write_text(text.replace("licence = ", 'run = "torch"\nlicence = '), encoding="utf-8")
    monkeypatch.setattr(bundles, "preset", lambda _: ours)
    for (kind, _), part in zip(PARTS.values(), spec.parts.values(), strict=True):
        made = tiny_classifier(kind, tmp_path / "made", id2label=dict(enumerate(part.labels)))
        shutil.copytree(made, tmp_path / "hub" / part.model)
    asked = ["analyze", str(demo_clip()), "--asr", "off", "--text", "I believe we won", "--bundle", "large"]
    done = CliRunner().invoke(
        app, [*asked, "--yes", "--hub", str(tmp_path / "hub"), "--json", str(tmp_path / "a.json")]
    )
    assert done.exit_code == 0, done.output
    found = json.loads((tmp_path / "a.json").read_text())
    assert (found["bundle"]["name"], len(found["segments"]) > 1) == ("large", True)
    again = CliRunner().invoke(app, ["card", "large"])
    assert "`superb/wav2vec2-base-superb-er`" in again.output
    assert obtained("large", None, yes=False) == str(Bundle.load("large").folder), "it is not made again"


@pytest.mark.slow
def test_the_card_says_where_each_part_comes_from(bundle: Bundle, folder: Path) -> None:
    weights = folder / "hub/tiny/bert_classifier/model.safetensors"
    assert f"SHA-256 of model.safetensors: `{hashlib.sha256(weights.read_bytes()).hexdigest()}`" in bundle.card
    assert "licence: CC0 text" in bundle.card
    assert "taken out (a test)" in bundle.card
    assert "runs in torch (extra `hf`): so it was asked for" in bundle.card
    assert "Training data" not in bundle.card
    assert str(folder) not in (bundle.folder / "bundle.json").read_text(), "no path of this machine"
    assert bundle.table.encoders["voice"].config is not None
    assert bundle.table.encoders["face"].config is None


@pytest.mark.slow
def test_the_shares_of_the_training_data_are_taken_out(bundle: Bundle, folder: Path) -> None:
    model = str(folder / "hub/tiny/bert_classifier")
    encoder = encoders.build({"name": "text_classifier", "model": model, "labels": MEANING})
    track = encoder.prepare(Segment(Span(0, 1), words=words_of("I believe it")))
    assert track is not None
    answer = bundle.answer({"text": track})
    logs = bundle.encode("text", [track]).states[0, 0]
    wanted = {
        label: np.exp(logs[bundle.tasks[0].labels.index(label)]) / COUNTS[name] for name, label in MEANING.items()
    }
    total = sum(wanted.values())
    for label, share in wanted.items():
        at = bundle.tasks[0].labels.index(label)
        assert answer.scores["emotion"][at] == pytest.approx(share / total, abs=1e-4)
    assert answer.scores["emotion"][bundle.tasks[0].labels.index("fearful")] < 1e-6


@pytest.mark.slow
def test_a_video_is_analyzed_and_explained(bundle: Bundle, tmp_path: Path) -> None:
    timeline = Analyzer(bundle.folder, asr="off").analyze(demo_clip(), text="I believe we won")
    whole = [p for p in timeline.predictions if len(p.shares) == 3]
    assert whole, "words, voice and face of one moment"
    assert sum(whole[0].shares.values()) == pytest.approx(1, abs=1e-3)
    assert {len(p.shares) for p in timeline.predictions} >= {1, 3}, "moments without words or voice are answered too"
    out = tmp_path / "why.json"
    done = CliRunner().invoke(
        app, ["explain", "--text", "I believe we won", "--bundle", str(bundle.folder), "--json", str(out)]
    )
    assert done.exit_code == 0
    assert json.loads(out.read_text())["evidence"]


@pytest.mark.slow
def test_it_is_calibrated_on_clips_of_a_user(bundle: Bundle, tmp_path: Path) -> None:
    with sample("said.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["language"] == "en"][:120]
    lines = [{"text": row["text"], "emotion": row["label"], "speaker": f"s{i % 20}"} for i, row in enumerate(rows)]
    manifest = tmp_path / "mine.csv"
    with manifest.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["text", "emotion", "speaker"])
        writer.writeheader()
        writer.writerows(lines)
    recipe, corpus = finish(own_data(bundle.recipe, manifest, "calibrate"))
    fitted = finish(calibrate(bundle, recipe, corpus, out=tmp_path / "fitted"))
    assert fitted.trust.fitted
    assert fitted.table.origins == bundle.table.origins
    assert "Where the parts come from" in fitted.card


@pytest.mark.slow
def test_a_bundle_of_a_stranger_is_checked(bundle: Bundle, tmp_path: Path) -> None:
    other = copied(bundle, bundle.table, tmp_path / "other").folder
    weights = next(other.glob("voice-*.safetensors"))
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-1] + b"\0" if whole[-1] else whole[:-1] + b"\1")
    with pytest.raises(InputError, match="is damaged"):
        Analyzer(other, asr="off").analyze(demo_clip())
    weights.write_bytes(whole)
    shutil.move(weights, tmp_path / "elsewhere")
    weights.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="is a link"):
        Analyzer(other, asr="off").analyze(demo_clip())
    weights.unlink()
    weights.write_bytes(whole)
    table = json.loads((other / "bundle.json").read_text())
    table["encoders"]["face"]["config"] = table["encoders"]["voice"]["config"]
    (other / "bundle.json").write_text(json.dumps(table))
    with pytest.raises(InputError, match="the face part of the bundle cannot be built"):
        Analyzer(other, asr="off").analyze(demo_clip())


@pytest.mark.slow
def test_what_cannot_be_a_graph_runs_in_torch(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("no such operator")

    monkeypatch.setattr("mien.export.ready.encoder_graph", fails)
    spec = specification(folder, parts=["text"])
    spec.write_text(spec.read_text().replace('run = "onnx"', 'run = "auto"'))
    told: list[Event] = []
    made = finish(make_bundle(planned(spec, folder / "torch", folder / "hub")), told.append)
    assert made.table.encoders["text"].config is not None
    assert [event.code for event in told if isinstance(event, Notice)] == ["runs_in_torch"]
    spec.write_text(spec.read_text().replace('run = "auto"', 'run = "onnx"'))
    with pytest.raises(InputError, match="the text part cannot be exported as a graph"):
        finish(make_bundle(planned(spec, folder / "never", folder / "hub")))
