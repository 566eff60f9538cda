"""Bundles that answer other tasks than emotion: read, explained and reported like any other."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from mien.bundle.bundle import Bundle
from mien.bundle.card_trust import trusted
from mien.calibration.calibrate import calibrate
from mien.cli import guarded
from mien.cli.app import app
from mien.data.corpus import Corpus
from mien.errors import InputError
from mien.events import finish
from mien.pipeline import Analyzer
from mien.recipe import strict
from mien.recipe.recipe import Recipe, Source, Target
from mien.recipe.sections import EncoderTable, Training
from mien.report.explanation import schema as explanation_schema
from mien.report.exporters.json import schema as timeline_schema
from mien.trust.calibration import Calibration
from mien.trust.label_sets import LabelSets
from mien.trust.table import Abstention, Fitted, TrustTable
from mien.types import Task
from mien.workflows.train_bundle import exported
from tests.tiny import trained

from ..encoders.tiny_models import tiny_model

SAID = {"thank": "so glad we won", "ask": "is it true ?"}
PLEASED = Task("pleased", "score", bounds=(-1.0, 1.0))
INTENT = Task("intent", "single", ("thank", "ask"))
TONE = Task("tone", "single", ("warm", "cold", "flat"))
TASKS = {"intent": INTENT, "tone": TONE}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Path of a small text model's bundle, which answers a score, and two tasks with one label."""
    root = tmp_path_factory.mktemp("tasks")
    tasks = (PLEASED, INTENT, TONE)
    with (root / "my.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["text", "speaker", "split", "pleased", "intent", "tone"])
        for i in range(16):
            intent = INTENT.labels[i % 2]
            split = ("train", "train", "train", "valid")[i // 4]
            rows.writerow([SAID[intent], f"s{i // 4}", split, (0.9, -0.4)[i % 2], intent, TONE.labels[i % 2]])
    encoder = EncoderTable("text_hf", {"model": str(tiny_model("bert", root)), "learn": True})
    source = Source("my", "my.csv", {"text": "text", "speaker": "speaker"}, {t.name: Target() for t in tasks})
    how = Training(epochs=12, batch=4, lr=0.01, keep="last")
    recipe = Recipe("small", {"text": encoder}, (source,), fusion={"name": "concat"}, train=how, tasks=tasks)
    run = trained(recipe, root, root / "runs")
    return str(finish(exported(run, run.folder / "bundle")).folder)


def changed(bundle: str, folder: Path, **entries: object) -> str:
    """Path of a copy of the bundle whose JSON has other entries."""
    shutil.copytree(bundle, folder)
    table = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))
    (folder / "bundle.json").write_text(json.dumps({**table, **entries}), encoding="utf-8")
    return str(folder)


@pytest.fixture
def scores(bundle: str, tmp_path: Path) -> str:
    """Path of one that answers a score only."""
    return changed(bundle, tmp_path / "scores", tasks=[{**vars(PLEASED), "labels": []}])


def fitted(**below: float) -> TrustTable:
    """What calibration might find for the words: answers to these tasks are uncertain below so much."""
    tasks = {name: {"text": _fitted(TASKS[name], threshold)} for name, threshold in below.items()}
    return TrustTable(0.9, 0.2, tasks, (), ())


def _fitted(task: Task, below: float) -> Fitted:
    return Fitted(
        data=("my valid",),
        composite=False,
        n=4,
        speakers=1,
        method="temperature",
        nll={"temperature": 0.5},
        calibration=Calibration.identity(task.size),
        label_sets=LabelSets("lac", 0.9, np.full(task.size, 0.5, np.float32)),
        uncertain=Abstention(0.2, below),
    )


def mien(*arguments: str) -> int:
    return guarded(lambda: app(list(arguments), standalone_mode=True))


def test_the_first_task_with_one_label_is_explained(bundle: str, tmp_path: Path) -> None:
    out = tmp_path / "why.json"
    assert mien("explain", "--text", SAID["thank"], "--bundle", bundle, "--json", str(out)) == 0
    table = json.loads(out.read_text(encoding="utf-8"))
    jsonschema.validate(table, explanation_schema())
    assert (table["explained"]["task"], table["explained"]["label"]) == ("intent", "thank")
    assert list(table["path"]["pooled"]) == ["thank", "ask"]
    assert table["explained"]["contributions"]["text"] == pytest.approx(
        table["explained"]["probability"] - table["explained"]["prior"], abs=1e-5
    )
    assert table["answer"]["valence"] is None
    (evidence,) = table["evidence"]
    assert [p["text"] for p in evidence["pieces"]] == SAID["thank"].split()


def test_another_task_is_explained_by_name(bundle: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--text", SAID["ask"], "--bundle", bundle, "--task", "tone"]
    assert mien("explain", *words, "--label", "flat", "--explainer", "gradients_words") == 0
    said = capsys.readouterr().out
    assert "tone cold" in said
    assert "asked about flat" in said
    assert "the weights sum to" in said, "slopes are those of the task"
    assert "its card" not in said, "a bundle of one's own has no name that mien card knows"
    assert mien("explain", *words, "--label", "ask") == 2
    assert "there is no label 'ask'; known: cold, flat, warm" in capsys.readouterr().err


def test_tasks_that_cannot_be_explained_are_named(bundle: str, scores: str, capsys: pytest.CaptureFixture[str]) -> None:
    for verb in ("explain", "analyze"):
        for task in ("emotion", "pleased"):
            assert mien(verb, "--text", "so glad", "--bundle", bundle, "--task", task) == 2
            said = capsys.readouterr().err
            assert f"no task '{task}' that is answered with one label; it has: intent, tone" in said
        assert mien(verb, "--text", "so glad", "--bundle", scores) == 2
        said = capsys.readouterr().err
        assert "answers with no single label, only 'pleased' (score); see how well it does with mien eval" in said


def test_a_timeline_says_which_task_it_is_of(bundle: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {kind: tmp_path / f"out.{kind}" for kind in ("json", "csv", "vtt", "html")}
    outputs = [part for kind, path in files.items() for part in (f"--{kind}", str(path))]
    text = f"{SAID['thank']}. {SAID['ask']}"
    assert mien("analyze", "--text", text, "--bundle", bundle, "--explain", *outputs) == 0
    said = capsys.readouterr().out
    assert "intent" in said
    assert "valence" not in said
    assert "emotion" not in said
    table = json.loads(files["json"].read_text(encoding="utf-8"))
    jsonschema.validate(table, timeline_schema())
    assert table["task"] == "intent"
    assert [s["emotion"]["label"] for s in table["segments"]] == ["thank", "ask"]
    assert table["summary"]["valence"] is None
    rows = list(csv.DictReader(files["csv"].read_text(encoding="utf-8").splitlines()))
    assert [(r["intent"], r["valence"]) for r in rows] == [("thank", ""), ("ask", "")]
    page = files["html"].read_text(encoding="utf-8")
    body = page[page.index("<header") : page.index('id="limits"')]
    assert "thank" in body
    assert '<dt>Task</dt><dd dir="auto">intent</dd>' in page
    assert "motion" not in body, "nothing there is about emotion"
    assert 'id="chart-path"' not in body, "and there is no place on valence and arousal"


def test_doubts_are_those_of_the_task(bundle: str, tmp_path: Path) -> None:
    path = changed(bundle, tmp_path / "doubtful", trust=strict.plain(fitted(intent=0.1, tone=1.1)))
    for task, uncertain in (("intent", False), ("tone", True)):
        (said,) = Analyzer(path, task=task).analyze(text=SAID["ask"]).predictions
        assert (said.uncertain, "low_confidence" in said.reasons) == (uncertain, uncertain)


def test_the_card_tells_tasks_apart() -> None:
    assert "| text | my valid | 4 |" in trusted(fitted(intent=0.5))
    both = trusted(fitted(intent=0.5, tone=0.6))
    assert "| intent: text | my valid | 4 |" in both
    assert "| tone: text | my valid | 4 |" in both


def test_what_gives_no_single_label_is_not_calibrated(scores: str, tmp_path: Path) -> None:
    loaded = Bundle.load(scores)
    with pytest.raises(InputError, match="answers with no single label, only 'pleased'"):
        finish(calibrate(loaded, loaded.recipe, Corpus.of(loaded.recipe, tmp_path)))


def test_the_card_says_what_it_reads(bundle: str) -> None:
    card = Bundle.load(bundle).card
    assert "It reads pleased, intent, tone in words. It cannot tell" in card
    assert "Valence" not in card
    assert "It reads the emotion a person *expresses*" in Bundle.load("research").card
