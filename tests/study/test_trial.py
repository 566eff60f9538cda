from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mien.errors import RecipeError
from mien.evaluate import results
from mien.recipe import EncoderTable, Recipe
from mien.study import trial
from mien.study.trial import Entrant, judged_runs
from tests.tiny import recipe, write_pictures


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    write_pictures(tmp_path)
    return tmp_path


def folded(**training: object) -> Recipe:
    plan = recipe(**training)
    return replace(plan, data=tuple(replace(s, folds=4, splits={}) for s in plan.data))


def test_folds_are_pooled_and_what_is_finished_is_not_trained_again(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entrant = Entrant("tiny", folded(epochs=1))
    outcome = judged_runs(entrant, [0, 1], root, root / "runs", folds=True)
    assert len(outcome.runs) == 2
    (part,) = outcome.runs[0].test
    assert sorted(part.ids) == sorted(f"pictures/{i}" for i in range(40)), "every example is tested exactly once"
    assert set(part.groups) == {"s0", "s1", "s2", "s3"}
    assert part.targets.sum() == 40
    assert outcome.cost.learned == outcome.cost.parameters > 0
    row = next(r for r in results(outcome.runs) if r["metric"] == "accuracy")
    assert (row["seeds"], row["n"], row["majority"], row["resampled"]) == (2, 40, 0.5, "4 groups")

    monkeypatch.setattr(trial, "train", lambda *_, **__: pytest.fail("it was finished"))
    again = judged_runs(entrant, [1], root, root / "runs", folds=True)
    np.testing.assert_array_equal(again.runs[0].test[0].scores, outcome.runs[1].test[0].scores)
    assert again.stale == 0
    monkeypatch.setattr(trial, "code_key", lambda: "other")
    assert judged_runs(entrant, [1], root, root / "runs", folds=True).stale == 4


def test_no_weights_stay(root: Path) -> None:
    judged_runs(Entrant("tiny", recipe(epochs=1)), [0], root, root / "runs")
    assert [p.name for p in (root / "runs").rglob("*.safetensors")] == []


def test_another_recipe_is_another_training(root: Path) -> None:
    for epochs in (1, 2):
        judged_runs(Entrant("tiny", recipe(epochs=epochs)), [0], root, root / "runs")
    assert len(list((root / "runs" / "studied").iterdir())) == 2


def test_runs_to_start_from_lie_with_all_runs(root: Path) -> None:
    from mien.train import train

    train(recipe(epochs=1), root, root / "runs", quiet=True)
    later = replace(
        recipe(epochs=1),
        name="later",
        encoders={"face": EncoderTable("face_cnn", {"width": 4}, start="tiny/seed{seed}")},
    )
    assert judged_runs(Entrant("later", later), [0], root, root / "runs").runs[0].test


def test_folds_need_folds(root: Path) -> None:
    with pytest.raises(RecipeError, match="has no folds"):
        judged_runs(Entrant("tiny", recipe()), [0], root, root / "runs", folds=True)
