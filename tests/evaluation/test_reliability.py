from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from mien.bundle.bundle import Bundle
from mien.data.corpus import Corpus
from mien.errors import InputError
from mien.evaluation.on_data import reliability, report_on
from mien.evaluation.predictions import Evaluation, Predictions
from mien.evaluation.report import EvaluationReport, Reliability
from mien.events import finish
from mien.report.studies import grids
from mien.report.studies.evaluation import evaluation_page
from mien.report.terminal.evaluation import reliability as tables
from mien.types import EMOTION, MODALITIES, Task
from tests.report.browser import LAPTOP, PHONE, opened


def said(task: Task, size: int) -> Predictions:
    """20 answers: 0.9 for ten that are right, 0.5 for ten of which six are."""
    scores = np.zeros((20, size), np.float32)
    scores[:, 0] = np.repeat([0.5, 0.9], 10)
    scores[:, 1:] = (1 - scores[:, :1]) / max(size - 1, 1)
    targets = np.eye(max(size, 2), dtype=np.float32)[[0] * 6 + [1] * 4 + [0] * 10][:, :size]
    names = tuple(f"c{i}" for i in range(20))
    return Predictions("mine", "test", task, "text", names, tuple(f"s{i % 4}" for i in range(20)), scores, targets)


@pytest.fixture(scope="module")
def rows() -> list[Reliability]:
    """Of words, voice, and both; a score in between is left out."""
    text, score = said(EMOTION, 7), said(Task("sentiment", "score", (), (-3.0, 3.0)), 1)
    voice, both = (replace(text, modality=name) for name in ("voice", "text+voice"))
    return reliability(Bundle.load("research"), (text, score, voice, both))


def test_rows_hold_the_diagram_the_curve_and_what_the_bundle_has_for_the_subset(rows: list[Reliability]) -> None:
    assert [(r.set, r.task, r.modality, r.figures.n) for r in rows] == [
        ("mine", "emotion", name, 20) for name in ("text", "voice", "text+voice")
    ]
    assert rows[0].as_table()["diagram"] == [
        {"confidence": 0.5, "accuracy": 0.6, "n": 10},
        {"confidence": 0.9, "accuracy": 1.0, "n": 10},
    ]
    curve = {point["answered"]: point["risk"] for point in rows[0].as_table()["risk_coverage"]}
    assert len(curve) == 20
    assert (curve[0.5], curve[1.0]) == (0.0, 0.2)
    assert rows[0].figures.ece == pytest.approx(0.1)
    assert rows[0].figures.brier == pytest.approx((6 * 7 / 24 + 4 * 27 / 24 + 10 * 0.01 * 7 / 6) / 20, abs=1e-4)
    assert rows[0].figures.answered == 0.5, "the threshold of the words is above one half"
    trust = Bundle.load("research").trust
    for row in rows:
        judgement = trust.of("emotion", [m for m in MODALITIES if m in row.modality])
        assert judgement is not None
        assert judgement.sets is not None
        members = judgement.sets.members(said(EMOTION, 7).scores)
        assert row.figures.size == pytest.approx(float(members.sum(axis=1).mean()))


def test_scores_have_no_calibration(tmp_path: Path) -> None:
    bundle = Bundle.load("research")
    bundle.tasks = (Task("sentiment", "score", (), (-3.0, 3.0)),)
    with pytest.raises(InputError, match="--calibration measures answers that are one label each"):
        finish(report_on(bundle, Corpus.of(bundle.recipe, tmp_path), calibration=True))


def test_the_terminal_shows_each_set_whole_at_80_columns(rows: list[Reliability]) -> None:
    longest = [replace(row, modality="text+voice+face") for row in rows]
    for table in tables(longest):
        file = io.StringIO()
        Console(file=file, width=80).print(table)
        text = file.getvalue()
        assert "mine: emotion" in text
        assert text.count("text+voice+face") == 3
        assert "…" not in text
    probabilities, decisions = tables(rows)
    assert [str(c.header) for c in probabilities.columns] == [
        "modalities",
        "n",
        "ece",
        "floor",
        "debiased",
        "brier",
        "aurc",
    ]
    assert [str(c.header) for c in decisions.columns] == ["modalities", "n", "covered", "answered", "risk"]
    assert [str(cell) for cell in probabilities.columns[2].cells] == ["0.100"] * 3
    silent = replace(rows[0], figures=replace(rows[0].figures, covered=None, answered=0.0, risk=0.0))
    assert grids.reliability([silent], grids.DECISIONS).rows == (("text", "20", "", "0.000", ""),), (
        "no answers, no risk"
    )


@pytest.fixture(scope="module")
def page(rows: list[Reliability], tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("evaluation") / "page.html"
    found = EvaluationReport(Evaluation((), (said(EMOTION, 7),)), [], [], rows)
    file.write_text(evaluation_page(found, "mine"), encoding="utf-8")
    return file


def test_the_page_draws_every_subset(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    data = re.search(r'id="data">(.*?)</script>', text, re.S)
    assert data is not None
    charts = {chart["id"]: chart for chart in json.loads(data[1])}
    assert list(charts) == ["confusion0", "risk0", "reliability0", "reliability1", "reliability2"]
    *lines, rings = charts["risk0"]["traces"]
    assert [line["name"] for line in lines] == ["text", "voice", "text+voice"]
    assert lines[0]["x"][9::10] == [0.5, 1.0]
    assert lines[0]["y"][9::10] == [0.0, 0.2]
    assert len({line["marker"]["color"] for line in lines}) == len({line["marker"]["symbol"] for line in lines}) == 3
    assert (rings["x"][0], rings["y"][0]) == (0.5, 0.0)
    assert charts["reliability1"]["traces"][1]["y"] == [0.6, 1.0]
    for expected in (
        "Calibration, mine: emotion",
        "mine, text+voice: confidence",
        "brier",
        "aurc",
        "most certain first",
    ):
        assert expected in text


@pytest.mark.slow
@pytest.mark.parametrize("how", [LAPTOP, PHONE], ids=["laptop", "phone"])
def test_a_browser_draws_it(browser: Any, page: Path, how: dict[str, Any]) -> None:
    with opened(browser, page, **how) as shown:
        assert shown.said == []
        assert shown.ask("document.querySelectorAll('.chart svg.main-svg').length") >= 5
        assert shown.ask("document.documentElement.scrollWidth <= innerWidth"), "nothing is wider than the window"
        tops = shown.ask("['risk0', 'reliability0'].map(n => document.getElementById(n).getBoundingClientRect().top)")
        assert (tops[0] == tops[1]) == (how is LAPTOP), "beside each other where there is room"
