from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mien.evaluation.predictions import Evaluation, Predictions, aligned, pooled
from mien.types import Float32, Task

TASK = Task("mood", "score", bounds=(-1.0, 1.0))


def part(*names: str, split: str = "test") -> Predictions:
    values: Float32 = np.arange(len(names), dtype=np.float32)[:, None]
    return Predictions("s", split, TASK, "voice", names, tuple(f"who-{n}" for n in names), values, values + 0.5)


def test_they_survive_the_disk(tmp_path: Path) -> None:
    judged = Evaluation((part("v", split="valid"),), (part("a", "b"), replace(part("ü"), set="other")))
    judged.save(tmp_path / "predictions.npz")
    back = Evaluation.load(tmp_path / "predictions.npz")
    assert [p.set for p in back.test] == ["s", "other"]
    assert back.test[1].ids == ("ü",)
    assert back.test[0].task == TASK
    assert back.valid[0].groups == ("who-v",)
    np.testing.assert_array_equal(back.test[0].targets, judged.test[0].targets)


def test_folds_become_one_set() -> None:
    (whole,) = pooled([Evaluation((), (part("a", "b"),)), Evaluation((), (part("c"),))]).test
    assert whole.ids == ("a", "b", "c")
    assert whole.scores[:, 0].tolist() == [0.0, 1.0, 0.0]


def test_folds_name_their_modalities_in_the_order_of_text_voice_face() -> None:
    folds = [replace(part("a"), modality="text+face"), replace(part("b"), modality="voice+face")]
    (whole,) = pooled([Evaluation((), (fold,)) for fold in folds]).test
    assert whole.modality == "text+voice+face"


def test_an_example_is_in_one_fold_only() -> None:
    with pytest.raises(ValueError, match="share test examples"):
        pooled([Evaluation((), (part("a"),)), Evaluation((), (part("a"),))])


def test_only_what_all_judged_in_one_order() -> None:
    one, other = aligned([part("a", "b", "c"), part("c", "x", "b")])
    assert one.ids == other.ids == ("b", "c")
    assert other.scores[:, 0].tolist() == [2.0, 0.0]
