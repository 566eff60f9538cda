"""Comparing: who is better, how sure that is, and what is written down."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mien.data.corpus import Corpus
from mien.errors import InputError
from mien.evaluation.boards import Cost, Entrant, Outcome
from mien.evaluation.predictions import Evaluation, Predictions
from mien.events import Event, Progress, finish
from mien.recipe.sections import Loss
from mien.study.compare import boards
from mien.study.plan import Plan
from mien.types import EMOTION, Float32, Task
from mien.workflows.compare_recipes import run
from tests.tiny import recipe, write_pictures

PLAIN = Task("emotion", "single", ("a", "b"))


def predictions(hits: int, n: int = 100, first: int = 0) -> Predictions:
    """``hits`` right answers of n, the first ones."""
    truth = np.arange(n) % 2
    answer = np.where(np.arange(n) < hits, truth, 1 - truth)
    ids = tuple(f"c{first + i}" for i in range(n))
    return Predictions("s", "test", PLAIN, "face", ids, ("",) * n, hot(answer), hot(truth))


def hot(labels: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Float32:
    return np.eye(2, dtype=np.float32)[labels]


def outcome(label: str, *parts: Predictions) -> Outcome:
    return Outcome(Entrant(label, recipe()), tuple(Evaluation((), (p,)) for p in parts), Cost(1, 2, 3.0), 0)


def test_a_clear_difference_is_found_and_none_is_not() -> None:
    systems = [outcome("a", predictions(60)), outcome("b", predictions(90)), outcome("c", predictions(60))]
    (board,) = boards(systems, "accuracy")
    first, better, same = board.lines
    assert [line.row.value for line in board.lines] == [0.6, 0.9, 0.6]
    assert board.best is better
    assert first.against is None
    assert better.against is not None
    assert better.against.value == pytest.approx(0.3)
    assert 0.2 < better.against.low < 0.3 < better.against.high < 0.4
    assert better.against.p < 0.01
    assert better.adjusted == pytest.approx(2 * better.against.p), "two systems are tested against the first"
    assert same.adjusted == 1.0
    assert list(better.mcnemar) == pytest.approx([2 / 2**30]), "30 gained, none lost"


def test_only_shared_examples_are_compared() -> None:
    (board,) = boards([outcome("a", predictions(60)), outcome("b", predictions(100, first=50))], "accuracy")
    against = board.lines[1].against
    assert against is not None
    assert against.n == 50
    assert against.value == pytest.approx(0.8), "of c50 to c99 the first has 10 of 50, the second all"


def test_means_over_seeds() -> None:
    (board,) = boards([outcome("a", predictions(60), predictions(80))], "accuracy")
    row = board.lines[0].row
    assert (row.value, row.seeds, row.majority, row.resampled) == (0.7, 2, 0.5, "100 examples")
    assert row.std == pytest.approx(0.1414, abs=1e-4)
    assert row.interval is not None
    assert row.interval[0] < 0.65 < 0.75 < row.interval[1]


def test_who_did_not_learn_a_task_has_no_line_in_it() -> None:
    other = outcome("b", predictions(90))
    idle = replace(other, entrant=Entrant("b", replace(recipe(), losses={"emotion": Loss(weight=0.0)})))
    (board,) = boards([outcome("a", predictions(60)), idle], "accuracy")
    assert [line.label for line in board.lines] == ["a"]


def test_an_unknown_metric_is_named() -> None:
    with pytest.raises(InputError, match="did you mean 'accuracy'"):
        boards([outcome("a", predictions(60))], "acuracy")


@pytest.mark.parametrize(
    ("plan", "message"),
    [({"seeds": ()}, "at least one seed"), ({"seeds": (0,), "metric": "acuracy"}, "did you mean 'accuracy'")],
)
def test_what_cannot_be_compared_is_told_before_training(plan: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Plan((Entrant("a", recipe()),), **plan)


def test_a_comparison_is_written_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    write_pictures(tmp_path)
    entrants = tuple(Entrant(f"e{n}", replace(recipe(epochs=n), name=f"e{n}")) for n in (1, 2))
    told: list[Event] = []
    plan = Plan(entrants, (0,), subsets=True)
    corpora = [Corpus.of(entrant.recipe, tmp_path) for entrant in entrants]
    found = finish(run(plan, corpora, tmp_path / "runs"), told.append)
    begun = [e.about for e in told if isinstance(e, Progress) and e.stage == "compare" and e.done < e.total]
    assert list(dict.fromkeys(begun)) == ["e1, seed 0", "e2, seed 0"]
    table = json.loads((found.folder / "comparison.json").read_text(encoding="utf-8"))
    assert [s["label"] for s in table["systems"]] == ["e1", "e2"]
    assert table["systems"][0]["subsets"][0]["subset"] == "face"
    (board,) = table["boards"]
    assert {r["metric"] for r in board["lines"][1]["results"]} >= {"accuracy", "macro_f1", "ece"}
    assert 0 < board["lines"][1]["against_first"]["p"] <= 1
    markdown = (found.folder / "comparison.md").read_text(encoding="utf-8")
    assert markdown.startswith("### pictures: emotion")
    assert "| e2 |" in markdown
    assert EMOTION.name in markdown
