"""Rows of results: what they hold, and that files of them are read again."""

from __future__ import annotations

import json

import numpy as np

from mien.bundle.results import Result
from mien.evaluation.predictions import Evaluation, Predictions
from mien.evaluation.results import LabelResult, per_label, results
from mien.types import Task

TASK = Task("mood", labels=("up", "down", "level"))


def said(answers: list[int], truths: list[int]) -> Predictions:
    """Of as many people as examples."""
    eye = np.eye(3, dtype=np.float32)
    ids = tuple(f"c{k}" for k in range(len(truths)))
    return Predictions("s", "test", TASK, "text+face", ids, ids, eye[answers], eye[truths])


def test_a_row_has_the_mean_over_seeds_and_what_the_commonest_label_would_reach() -> None:
    runs = [Evaluation((), (said([0, 0, 1, 1], [0, 0, 0, 1]),)), Evaluation((), (said([0, 0, 0, 0], [0, 0, 0, 1]),))]
    row = next(r for r in results(runs) if r.metric == "accuracy")
    assert row.interval is not None
    assert row.interval[0] <= row.value <= row.interval[1]
    assert (row.set, row.split, row.modality, row.task) == ("s", "test", "text+face", "mood")
    assert (row.value, row.std, row.seeds, row.n, row.majority, row.resampled) == (0.75, 0.0, 2, 4, 0.75, "4 groups")


def test_rows_are_read_again_from_json() -> None:
    rows = results([Evaluation((), (said([0, 1, 1], [0, 0, 1]),))])
    assert [Result.from_table(json.loads(json.dumps(row.as_table()))) for row in rows] == rows


def test_rows_of_bundles_from_before_there_were_intervals_are_read() -> None:
    old = {"set": "s", "split": "test", "modality": "text", "task": "mood", "metric": "uar", "value": 0.5}
    row = Result.from_table({**old, "std": None, "seeds": 1, "n": 9, "majority": 0.2})
    assert (row.value, row.interval, row.resampled) == (0.5, None, "")


def test_labels_that_occur_have_a_row_each() -> None:
    assert per_label(said([0, 1, 1], [0, 0, 1])) == [
        LabelResult("up", f1=0.6667, recall=0.5, precision=1.0, n=2),
        LabelResult("down", f1=0.6667, recall=1.0, precision=0.5, n=1),
    ]
