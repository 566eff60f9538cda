from __future__ import annotations

import io

import numpy as np
import pytest
from rich.console import Console

from mien.bundle import Bundle
from mien.predictions import Judged, Predictions
from mien.study.calibration import calibration, shown
from mien.types import EMOTION, Task


def said(task: Task, size: int) -> Predictions:
    scores = np.full((20, size), 0.2 / (size - 1) if size > 1 else 0.0, np.float32)
    scores[:, 0] = 0.8
    targets = np.eye(max(size, 2), dtype=np.float32)[[0] * 16 + [1] * 4][:, :size]
    names = tuple(f"c{i}" for i in range(20))
    return Predictions("mine", "test", task, "text", names, tuple(f"s{i % 4}" for i in range(20)), scores, targets)


def test_rows_hold_the_diagram_and_the_bundles_own_sets() -> None:
    bundle = Bundle.load("research")
    score = Task("sentiment", "score", (), (-3.0, 3.0))
    (row,) = calibration(bundle, Judged((), (said(EMOTION, 7), said(score, 1))))
    assert (row["set"], row["task"], row["modality"], row["n"]) == ("mine", "emotion", "text", 20)
    assert row["diagram"] == [{"confidence": 0.8, "accuracy": 0.8, "n": 20}]
    assert row["ece"] == pytest.approx(0.0, abs=1e-4)
    assert row["answered"] == 1.0
    assert row["risk"] == pytest.approx(0.2)
    assert row["covered"] == pytest.approx(0.8), "at 85 % of strangeness only the surest label is in the set"
    text = io.StringIO()
    Console(file=text, width=200).print(shown([row]))
    assert "mine" in text.getvalue()
    assert "0.800" in text.getvalue()
