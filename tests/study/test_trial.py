from __future__ import annotations

import itertools
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tools.rooms import below, rooms

from mien.data.corpus import Corpus
from mien.errors import RecipeError
from mien.evaluation.boards import Entrant, Outcome
from mien.evaluation.results import results
from mien.events import finish
from mien.recipe.recipe import FeatureTable, Recipe, Source
from mien.recipe.sections import EncoderTable
from mien.study import trial
from mien.study.trial import evaluate_entrant
from mien.training.checkpoint import Checkpoint
from mien.training.loop import train
from tests.conftest import ROOT
from tests.tiny import clips_recipe, recipe, trained, write_clips


def evaluated(entrant: Entrant, seeds: Sequence[int], root: Path, **how: bool) -> Outcome:
    """What came of an entrant."""
    return finish(evaluate_entrant(entrant, seeds, Corpus.of(entrant.recipe, root), root / "runs", **how))


def folded(**training: object) -> Recipe:
    plan = recipe(**training)
    return replace(plan, data=tuple(replace(s, folds=4, splits={}) for s in plan.data))


def test_folds_are_pooled_and_what_is_finished_is_not_trained_again(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entrant = Entrant("tiny", folded(epochs=1))
    outcome = evaluated(entrant, [0, 1], root, folds=True)
    assert len(outcome.runs) == 2
    (part,) = outcome.runs[0].test
    assert sorted(part.ids) == sorted(f"pictures/{i}" for i in range(40)), "every example is tested exactly once"
    assert set(part.groups) == {"s0", "s1", "s2", "s3"}
    assert part.targets.sum() == 40
    assert outcome.cost.learned == outcome.cost.parameters > 0
    row = next(r for r in results(outcome.runs) if r.metric == "accuracy")
    assert (row.seeds, row.n, row.majority, row.resampled) == (2, 40, 0.5, "4 groups")

    monkeypatch.setattr(trial, "train", lambda *_, **__: pytest.fail("it was finished"))
    again = evaluated(entrant, [1], root, folds=True)
    np.testing.assert_array_equal(again.runs[0].test[0].scores, outcome.runs[1].test[0].scores)
    assert again.stale == 0
    monkeypatch.setattr(trial, "code_key", lambda: "other")
    assert evaluated(entrant, [1], root, folds=True).stale == 4


def test_the_seconds_of_all_sittings_count(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each reading of this clock is a second later; the first sitting ends after its second checkpoint."""
    ticks, save, saved = itertools.count(), Checkpoint.save, itertools.count(1)

    def saves_and_dies(self: Checkpoint, *args: Any) -> None:
        save(self, *args)
        if next(saved) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr("mien.training.loop.time.perf_counter", lambda: float(next(ticks)))
    entrant = Entrant("tiny", recipe(epochs=4))
    whole = evaluated(entrant, [0], root).cost.seconds
    shutil.rmtree(root / "runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Checkpoint, "save", saves_and_dies)
        with pytest.raises(KeyboardInterrupt):
            evaluated(entrant, [0], root)
    assert evaluated(entrant, [0], root).cost.seconds >= whole > 3
    assert evaluated(entrant, [0], root).cost.seconds >= whole, "and it is kept"


def test_no_weights_stay(root: Path) -> None:
    evaluated(Entrant("tiny", recipe(epochs=1)), [0], root)
    assert [p.name for p in (root / "runs").rglob("*.safetensors")] == []


def test_another_recipe_is_another_training(root: Path) -> None:
    for epochs in (1, 2):
        evaluated(Entrant("tiny", recipe(epochs=epochs)), [0], root)
    assert len(list((root / "runs" / "studied").iterdir())) == 2


def trainings(root: Path, plan: Recipe, subsets: bool = False) -> int:
    """How many trainings it takes to judge a recipe."""
    count = 0

    def counting(*arguments: Any, **named: Any) -> Any:
        nonlocal count
        count += 1
        return train(*arguments, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trial, "train", counting)
        evaluated(Entrant("tiny", plan), [0], root, subsets=subsets)
    return count


def test_what_was_asked_with_modalities_missing_answers_without(root: Path) -> None:
    plan = recipe(epochs=1)
    asked = [(True, 1), (False, 0), (True, 0)]
    assert [trainings(root, plan, subsets=subsets) for subsets, _ in asked] == [count for _, count in asked]
    other = replace(plan, name="other")
    assert [trainings(root, other, subsets=subsets) for subsets in (False, True, False)] == [1, 1, 0]


def test_other_data_are_another_training(root: Path) -> None:
    plan = recipe(epochs=1)
    assert [trainings(root, plan), trainings(root, plan)] == [1, 0]
    manifest = root / "pictures" / "manifest.csv"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace("9.png,sad", "9.png,happy"), encoding="utf-8")
    assert [trainings(root, plan), trainings(root, plan)] == [1, 0]


def test_other_data_in_a_file_for_each_split_are_another_training(root: Path) -> None:
    whole = (root / "pictures" / "manifest.csv").read_text(encoding="utf-8").splitlines()
    for split in ("train", "valid", "test"):
        lines = [line for line in whole[1:] if f",{split}," in line]
        (root / "pictures" / f"part-{split}.csv").write_text("\n".join([whole[0], *lines]), encoding="utf-8")
    plan = recipe(epochs=1)
    plan = replace(plan, data=(replace(plan.data[0], manifest="pictures/part-{split}.csv"),))
    assert [trainings(root, plan), trainings(root, plan)] == [1, 0]
    part = root / "pictures" / "part-test.csv"
    part.write_text(part.read_text(encoding="utf-8").replace("6.png,happy", "6.png,sad"), encoding="utf-8")
    assert [trainings(root, plan), trainings(root, plan)] == [1, 0]


def test_other_features_are_another_training(root: Path) -> None:
    write_clips(root)
    with np.load(root / "clips.npz") as arrays:
        beside = {"id": arrays["id"].astype(str), "text": arrays["text"]}
    np.savez(root / "beside.npz", **beside)
    plan = clips_recipe(epochs=1)
    features = {**plan.data[0].features, "text": FeatureTable("text", file="beside.npz")}
    plan = replace(plan, data=(replace(plan.data[0], features=features),))
    assert [trainings(root, plan), trainings(root, plan)] == [1, 0]
    np.savez(root / "beside.npz", **{**beside, "text": beside["text"] + 1})
    assert [trainings(root, plan), trainings(root, plan)] == [1, 0]


def test_other_rows_of_a_reader_are_another_training(root: Path) -> None:
    rows = [{"id": str(i), "image": f"{i}.png", "split": ("train", "test")[i % 2], "emotion": "sad"} for i in range(6)]
    plan = replace(recipe(epochs=1), data=(Source("pictures", "pictures", reader="listed"),))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mien.data.manifest.read_set", lambda *_, **__: iter(rows))
        assert [trainings(root, plan), trainings(root, plan)] == [1, 0]
        rows[0]["emotion"] = "happy"
        assert [trainings(root, plan), trainings(root, plan)] == [1, 0]


def test_other_weights_to_start_from_are_another_training(root: Path) -> None:
    first = recipe(epochs=1)
    start = EncoderTable("face_cnn", {"width": 4}, start="tiny/seed{seed}")
    later = replace(first, name="later", encoders={"face": start})
    trained(first, root, root / "runs")
    assert [trainings(root, later), trainings(root, later)] == [1, 0]
    shutil.rmtree(root / "runs" / "tiny")
    trained(replace(first, train=replace(first.train, lr=0.1)), root, root / "runs")
    assert [trainings(root, later), trainings(root, later)] == [1, 0]


def test_runs_to_start_from_lie_with_all_runs(root: Path) -> None:
    trained(recipe(epochs=1), root, root / "runs")
    later = replace(
        recipe(epochs=1),
        name="later",
        encoders={"face": EncoderTable("face_cnn", {"width": 4}, start="tiny/seed{seed}")},
    )
    assert evaluated(Entrant("later", later), [0], root).runs[0].test


def test_folds_need_folds(root: Path) -> None:
    with pytest.raises(RecipeError, match="has no folds"):
        evaluated(Entrant("tiny", recipe()), [0], root, folds=True)


def test_code_that_no_study_runs_makes_no_training_stale() -> None:
    package = ROOT / "src" / "mien"
    found = rooms(package)
    run = below("study", {name: room.imports for name, room in found.items()}) | {"study"}
    without_code = {"recipes", "samples"}
    assert {n for n in found if (package / n).is_dir()} - run - without_code <= set(trial._AFTERWARDS)
