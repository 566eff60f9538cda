"""Integrated gradients: exact where the answer is known, complete on a real run, and clear about what they need."""

from __future__ import annotations

import csv
import json
import shutil
import wave
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import Tensor

from mien.bundle.bundle import Bundle
from mien.data.load import words_of
from mien.errors import InputError
from mien.events import finish
from mien.explain.evidence.base import explainers
from mien.explain.faithfulness import faithfulness_of
from mien.explain.question import Moment, Question
from mien.explain.slopes import run_of, slopes
from mien.explanation import Evidence
from mien.model import heads
from mien.model.gradients import STEPS, TOLERANCE, integrate, reopened
from mien.recipe.recipe import Recipe, Source
from mien.recipe.sections import EncoderTable, Training
from mien.report.explanation import schema
from mien.runtime.cache import file_sha256
from mien.types import Audio, Frames, Modality, Segment, Span
from mien.workflows.train_bundle import exported
from tests.tiny import trained

from ..encoders.tiny_models import tiny_model

NAMES = [name for name in explainers.names() if explainers.get(name).needs_run]  # type: ignore[attr-defined]  # classes
SAID = {"happy": "so glad we won", "sad": "oh no i can't believe it"}


def sound(label: str, rng: np.random.Generator) -> np.ndarray:  # float32 samples
    """A second: a high or a low tone in the middle, in noise."""
    times = np.arange(16_000) / 16_000
    tone = np.sin(2 * np.pi * (900 if label == "happy" else 200) * times) * (np.abs(times - 0.5) < 0.25)
    return np.asarray(0.3 * tone + 0.01 * rng.standard_normal(16_000), np.float32)


def face(label: str, rng: np.random.Generator) -> np.ndarray:  # uint8 pixels
    """A bright square where the mouth or the brow is."""
    pixels = rng.integers(0, 120, (112, 112, 3), dtype=np.uint8)
    top = 76 if label == "happy" else 16
    pixels[top : top + 20, 36:76] += 100
    return pixels


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished training of three small networks that learn, with its bundle."""
    root = tmp_path_factory.mktemp("run")
    rng = np.random.default_rng(0)
    with (root / "my.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["text", "audio", "image", "speaker", "split", "emotion"])
        for i in range(16):
            label = ("happy", "sad")[i % 2]
            with wave.open(str(root / f"{i}.wav"), "wb") as out:
                out.setparams((1, 2, 16_000, 0, "NONE", ""))
                out.writeframes((32_767 * sound(label, rng)).astype("<i2").tobytes())
            Image.fromarray(face(label, rng)).save(root / f"{i}.png")
            split = ("train", "train", "train", "valid")[i // 4]
            rows.writerow([SAID[label], f"{i}.wav", f"{i}.png", f"s{i // 4}", split, label])
    tables = {
        "text": EncoderTable("text_hf", {"model": str(tiny_model("bert", root)), "learn": True}),
        "voice": EncoderTable("voice_cnn", {"dim": 16}, lr=0.001),
        "face": EncoderTable("face_conv", {"side": 48, "dim": 8}, lr=0.0005),
    }
    clip = {name: name for name in ("text", "audio", "image", "speaker")}
    how = Training(epochs=8, batch=4, lr=0.004, keep="last")
    recipe = Recipe("small", tables, (Source("my", "my.csv", clip),), fusion={"name": "concat"}, train=how)  # type: ignore[arg-type]  # names of modalities
    done = trained(recipe, root, root / "runs")
    finish(exported(done, done.folder / "bundle"))
    return done.folder


@pytest.fixture(scope="module")
def question(run: Path) -> Question:
    """About someone happy, in words, voice and face."""
    rng = np.random.default_rng(1)
    bundle = Bundle.load(run / "bundle")
    whole = Segment(
        Span(0.0, 1.0),
        "person-1",
        words_of(SAID["happy"]),
        Frames(np.stack([face("happy", rng) for _ in range(2)]), np.asarray([0.2, 0.6])),
        Audio(sound("happy", rng)),
    )
    tracks = {m: t for m, e in bundle.encoders.items() if (t := e.prepare(whole)) is not None}
    return Question(
        bundle,
        Moment(whole, tracks, bundle.answer(tracks), lambda m, s: bundle.encoders[m].prepare(s), bundle.tasks[0]),
        "happy",
    )


def alone(question: Question, modality: Modality) -> Question:
    """The same, when nothing else is there."""
    tracks = {modality: question.moment.tracks[modality]}
    moment = replace(question.moment, tracks=tracks, answer=question.bundle.answer(tracks))
    return Question(question.bundle, moment, question.label)


def about(question: Question, name: str) -> Evidence:
    found = explainers.build({"name": name}).explain(question)
    assert found is not None
    return found


def test_of_a_linear_score_they_are_exact() -> None:
    weights = torch.tensor([[2.0, -1.0], [0.5, 3.0]])
    given, baseline = torch.tensor([[[1.0, 4.0], [-2.0, 0.0]]]), torch.tensor([[[0.0, 1.0], [2.0, 1.0]]])
    found = integrate(lambda x: (x * weights).sum(dim=(1, 2)), given, baseline)
    assert found.parts.tolist() == [[2.0, -3.0], [-2.0, -3.0]]
    assert found.total == pytest.approx(-6.0)


def test_a_product_is_shared_and_what_does_not_matter_gets_nothing() -> None:
    """Of x y z^0 from zero, each factor has half: the integral of the slope a (a x) (y) is x y / 2."""
    found = integrate(lambda x: x[:, 0] * x[:, 1], torch.tensor([[3.0, 0.5, 7.0]]), torch.zeros(1, 3))
    assert found.parts == pytest.approx([0.75, 0.75, 0.0])


def test_more_steps_are_taken_where_the_score_bends() -> None:
    asked: list[int] = []

    def step(x: Tensor) -> Tensor:
        asked.append(len(x))
        return torch.sigmoid(400 * (x[:, 0] - 0.013))

    found = integrate(step, torch.ones(1, 1), torch.zeros(1, 1))
    assert sum(asked) > 2 + STEPS[0]
    assert float(found.parts.sum()) == pytest.approx(found.total, abs=TOLERANCE)
    assert found.total == pytest.approx(1 - 1 / (1 + np.exp(5.2)), abs=1e-5)


@pytest.mark.slow
def test_a_reopened_run_answers_as_its_bundle(question: Question, run: Path) -> None:
    model, encoders = reopened(run)
    assert list(encoders) == ["text", "voice", "face"]
    batch = slopes(question.bundle)._batch(question.moment.tracks)
    with torch.no_grad():
        got = heads.score(model.tasks[0], model(batch).logits["emotion"])[0].numpy()
    assert got == pytest.approx(question.moment.answer.uncalibrated["emotion"], abs=1e-4)
    assert got[question.index] > 0.5


@pytest.mark.parametrize("name", NAMES)
def test_the_weights_account_for_the_change(name: str, question: Question) -> None:
    explainer = explainers.build({"name": name})
    question = alone(question, explainer.modality)
    found = about(question, name)
    assert found.explainer == name
    assert found.total is not None
    assert sum(p.weight for p in found.pieces) == pytest.approx(found.total, rel=0.02)
    assert abs(found.total) > 0.001, "the input matters"
    assert about(question, name) == found, "the same each time"
    gone = np.arange(len(found.pieces)) == 1
    whole, less, nothing = (
        question.ask(explainer.modality, [explainer.without(question.moment.segment, g)])[0]
        for g in (gone & False, gone, gone | True)
    )
    assert len({whole, less, nothing}) == 3


def test_the_total_is_the_answer_less_the_baseline(question: Question) -> None:
    explainer, question = explainers.build({"name": "gradients_face"}), alone(question, "face")
    sharp, blurred = question.ask("face", [explainer.chosen(question.moment.segment), explainer.background(question.moment.segment)])  # type: ignore[attr-defined]  # fmt: skip  # noqa: E501 - of its class
    assert about(question, "gradients_face").total == pytest.approx(sharp - blurred, abs=1e-4)


def test_marks_and_context_bring_nothing(question: Question) -> None:
    encoder, segment = question.bundle.encoders["text"], question.moment.segment
    words = encoder.words(segment)
    assert words is not None
    assert words.tolist() == [-1, 0, 1, 2, 3, -1]
    found = slopes(question.bundle).of_tokens(question.moment.tracks, words >= 0, ("emotion", question.index))
    assert found.parts[[0, -1]].tolist() == [0.0, 0.0]
    assert encoder.words(replace(segment, words=None)) is None


@pytest.mark.parametrize("name", NAMES)
def test_what_is_absent_is_not_explained(name: str, question: Question) -> None:
    explainer = explainers.build({"name": name})
    for other in (n for n in NAMES if n != name):
        asked = alone(question, explainers.build({"name": other}).modality)
        assert explainer.explain(asked) is None


def test_where_the_difference_is_there_the_weight_is(question: Question) -> None:
    boxes = [p for p in about(alone(question, "face"), "gradients_face").pieces if p.box is not None]
    best = max(boxes, key=lambda p: p.weight).box
    assert best is not None
    assert 0.55 < (best[1] + best[3]) / 2 < 0.95, "where the square of the happy ones is"


def test_a_bundle_without_its_run_is_refused(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(
        InputError, match="the bundle 'research' has none beside it; give --bundle the folder 'bundle' of"
    ):
        run_of(Bundle.load("research"))
    assert run_of(Bundle.load(run / "bundle")) == (run, file_sha256(run / "weights.safetensors"))
    monkeypatch.setattr("mien.runtime.extras.find_spec", lambda name: None if name == "torch" else object())
    with pytest.raises(InputError, match=r"following gradients needs torch; run: pip install 'mien\[train\]'"):
        run_of(Bundle.load(run / "bundle"))


def test_weights_of_another_training_are_refused(run: Path, question: Question, tmp_path: Path) -> None:
    again = Path(shutil.copytree(run, tmp_path / "again"))
    bundle = Bundle.load(again / "bundle")
    before = slopes(bundle)
    assert slopes(bundle) is before, "explainers share what is loaded"
    state = load_file(again / "weights.safetensors")
    save_file(
        {name: -value if name.startswith("heads.") else value for name, value in state.items()},
        again / "weights.safetensors",
    )
    with pytest.raises(
        InputError, match="beside the bundle 'small' are not those it was exported from; train its recipe"
    ):
        run_of(bundle)
    table = json.loads((again / "bundle/bundle.json").read_text(encoding="utf-8"))
    del table["weights"]
    (again / "bundle/bundle.json").write_text(json.dumps(table), encoding="utf-8")
    older = slopes(Bundle.load(again / "bundle"))
    pixels = question.moment.tracks["face"].values
    one, other = (
        s.of_values(question.moment.tracks, "face", np.zeros_like(pixels), ("emotion", 1)).total
        for s in (before, older)
    )
    assert one != pytest.approx(other), "what is in the folder now is loaded"


def test_faithfulness_takes_them(question: Question) -> None:
    found = faithfulness_of(explainers.build({"name": "gradients_words"}), question, seed=0)
    assert found is not None
    assert 0 <= found.deletion <= 1


def test_the_command_explains_a_run(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from mien.cli import guarded
    from mien.cli.app import app

    out = tmp_path / "why.json"
    command = ["explain", "--text", SAID["happy"], "--bundle", str(run / "bundle"), "--explainer", "gradients_words"]
    assert guarded(lambda: app([*command, "--json", str(out)], standalone_mode=True)) == 0
    table = json.loads(out.read_text(encoding="utf-8"))
    jsonschema.validate(table, schema())
    (evidence,) = table["evidence"]
    assert [p["text"] for p in evidence["pieces"]] == SAID["happy"].split()
    assert sum(p["weight"] for p in evidence["pieces"]) == pytest.approx(evidence["total"], abs=2 * TOLERANCE)
    capsys.readouterr()
    assert guarded(lambda: app(command, standalone_mode=True)) == 0
    assert "the weights sum to" in capsys.readouterr().out
    assert guarded(lambda: app(["explain", "--text", "so glad", *command[5:]], standalone_mode=True)) == 2
    assert "gradients need trained weights" in capsys.readouterr().err
