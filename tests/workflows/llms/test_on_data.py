"""A language model on labelled clips: evaluated alone and beside a bundle, and calibrated."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("httpx2")
pytest.importorskip("uvicorn")
from mien.bundle.bundle import Bundle
from mien.events import finish
from mien.llms.opinion.asker import Asker, HowToAsk
from mien.llms.opinion.calibration import LlmCalibration
from mien.report.terminal.evaluation import render
from mien.types import EMOTION
from mien.workflows.llms.ask import LlmOptions, llm_of
from mien.workflows.llms.on_data import calibrate_llm, evaluate_llm
from tests.llms.serving import Served, served

SAYINGS = {
    "happy": "What a lovely day, number {}",
    "angry": "Stop shouting at me, number {}",
    "sad": "I miss him so, number {}",
}


@pytest.fixture
def manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "mine.csv"
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["text", "emotion", "speaker", "split", "words"])
        for k in range(60):
            label = list(SAYINGS)[k % 3]
            rows.writerow([SAYINGS[label].format(k), label, f"s{k % 10}", ["valid", "test"][k % 2], f"{label}|zorgy"])
    return path


def answer(body: Mapping[str, Any]) -> str:
    """Right about joy and anger, wrong about sadness, and without an answer to numbers with a 7."""
    text = body["messages"][1]["content"]
    now = next(line for line in text.splitlines() if "this_moment" in line)
    if "7" in now.partition("number")[2]:
        return "no idea"
    label = "happy" if "lovely" in now else "angry"
    more = {"words": ["furious" if label == "angry" else "glad"]} if "words" in str(body["response_format"]) else {}
    return json.dumps({"label": label, **more})


def asker(server: Served, **how: Any) -> Asker:
    llm = llm_of(LlmOptions(server.address, "m", can="json_schema"))
    return Asker(llm, EMOTION.labels, HowToAsk(samples=1, reason=False, **how))


def test_it_is_evaluated_alone_and_beside_the_bundle(manifest: Path) -> None:
    with served(answer) as server:
        asking = asker(server, words=True)
        found = finish(evaluate_llm(asking, Bundle.load("research"), None, manifest, None, None))
        asking.llm.close()
    accuracy = {r.set: r.value for r in found.rows if r.metric == "accuracy"}
    assert set(accuracy) == {"mine, m", "mine, research", "mine, research with m"}
    numbers = list(range(1, 60, 2))
    right = [k for k in numbers if k % 3 != 2 and "7" not in str(k)]
    assert accuracy["mine, m"] == pytest.approx(len(right) / len(numbers), abs=1e-4), "no answer counts as an error"
    report = found.llm
    assert report is not None
    silent = [k for k in numbers if "7" in str(k)]
    assert (report.clips, report.answered) == (30, 30 - len(silent))
    assert report.cost.invalid == len(silent)
    assert report.truth == "words"
    assert report.open is not None
    assert report.open.mean.recall == pytest.approx(len(right) / len(numbers) / 2), "'zorgy' is never found"
    assert (report.open.known_truths, report.open.truths) == (30, 60)
    assert report.open.hit_rate == pytest.approx(len(right) / len(numbers))
    assert found.to_dict()["llm"]["answered"] == 30 - len(silent)
    assert render(found)


def test_it_is_asked_with_other_seeds_and_in_other_words(manifest: Path) -> None:
    """It says "glad" or "cheerful" by the seed, and of anger something else when it is asked in other words."""

    def moody(body: Mapping[str, Any]) -> str:
        label = json.loads(answer(body))["label"] if answer(body).startswith("{") else ""
        if "What does the person show" in body["messages"][1]["content"] and label == "angry":
            label = "sad"
        words = ["glad", "hopeful"] if body["seed"] == 1 else ["glad"]
        return json.dumps({"label": label, "words": words}) if label else "no idea"

    with served(moody) as server:
        asking = asker(server, words=True)
        found = finish(evaluate_llm(asking, Bundle.load("research"), None, manifest, None, None, again=True))
        asking.llm.close()
    assert found.llm is not None
    seeds, wordings = found.llm.agreement
    n = found.llm.answered
    assert (seeds.over, seeds.runs, seeds.n) == ("seeds", 3, n)
    assert (seeds.labels.value, seeds.words is not None and 0.6 < seeds.words.value < 0.95) == (1.0, True)
    angry = len([k for k in range(1, 60, 2) if k % 3 != 0 and "7" not in str(k)])
    assert (wordings.over, wordings.runs, wordings.n) == ("wordings", 3, n)
    assert wordings.labels.value == pytest.approx(1 - 2 / 3 * angry / n, abs=1e-4)
    assert wordings.labels.interval is not None
    assert wordings.words is not None
    assert wordings.words.value == 1.0
    assert found.to_dict()["llm"]["agreement"][1]["n"] == n
    assert render(found)


def test_only_so_many_clips_are_asked_about(manifest: Path) -> None:
    with served(answer) as server:
        asking = asker(server)
        found = finish(evaluate_llm(asking, Bundle.load("research"), None, manifest, None, 8))
        asking.llm.close()
    assert found.llm is not None
    assert (found.llm.clips, found.llm.truth) == (8, "")


def test_a_calibration_is_fitted_and_applied(manifest: Path, tmp_path: Path) -> None:
    rows = manifest.read_text().replace(",test,", ",valid,")
    manifest.write_text(rows)
    with served(answer) as server:
        asking = asker(server)
        found = finish(calibrate_llm(asking, Bundle.load("research"), manifest, None, tmp_path / "llm.json"))
        again = Asker(asking.llm, EMOTION.labels, asking.how, tmp_path / "llm.json")
        asking.llm.close()
    assert isinstance(again.calibration, LlmCalibration)
    assert again.calibration == found
    assert found.examples == 60 - len([k for k in range(60) if "7" in str(k)])
    assert found.nll_after <= found.nll_before
    assert found.nll_small is not None
    assert found.nll_joint is not None
    assert found.nll_joint <= found.nll_small
    assert again.weight == found.weight
