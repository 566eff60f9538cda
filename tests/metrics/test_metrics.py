from __future__ import annotations

import numpy as np
import pytest

from mien.metrics.accuracy import accuracy
from mien.metrics.base import metrics
from mien.metrics.ece import ece
from mien.metrics.macro_f1 import macro_f1
from mien.metrics.multilabel_f1 import best_thresholds, multilabel_f1
from mien.metrics.uar import uar
from mien.metrics.weighted_f1 import weighted_f1
from mien.types import Float32


def hot(labels: list[int], size: int = 3) -> Float32:
    return np.eye(size, dtype=np.float32)[labels]


TRUTH = hot([0, 0, 0, 1])
ANSWERS = hot([0, 0, 1, 1])


def test_values_worked_out_by_hand() -> None:
    assert accuracy(ANSWERS, TRUTH) == 0.75
    assert uar(ANSWERS, TRUTH) == pytest.approx((2 / 3 + 1) / 2), "a label that does not occur does not count"
    assert macro_f1(ANSWERS, TRUTH) == pytest.approx((0.8 + 2 / 3) / 2)
    assert weighted_f1(ANSWERS, TRUTH) == pytest.approx(0.75 * 0.8 + 0.25 * 2 / 3)


@pytest.mark.parametrize("name", metrics.names())
def test_every_metric_prefers_right_answers(name: str) -> None:
    metric = metrics.get(name)
    targets = hot([0, 1, 2, 0, 1, 2])
    good, bad = metric(targets, targets), metric(hot([1, 2, 0, 1, 2, 0]), targets)
    assert (good < bad) if name == "ece" else (good > bad)
    assert good == pytest.approx(0.0 if name == "ece" else 1.0)


def test_either_of_two_right_labels_is_right() -> None:
    both = np.asarray([[0.5, 0.5, 0.0]], np.float32)
    assert accuracy(hot([0]), both) == accuracy(hot([1]), both) == 1.0
    assert accuracy(hot([2]), both) == 0.0


def test_calibration_error_is_the_gap_between_confidence_and_accuracy() -> None:
    scores = np.tile(np.asarray([[0.8, 0.1, 0.1]], np.float32), (10, 1))
    assert ece(scores, hot([0] * 8 + [1] * 2)) == pytest.approx(0.0, abs=1e-6)
    assert ece(scores, hot([0] * 5 + [1] * 5)) == pytest.approx(0.3, abs=1e-6)


def test_thresholds_are_chosen_per_label() -> None:
    scores = np.asarray([[0.205, 0.705], [0.25, 0.6], [0.105, 0.5], [0.05, 0.9]], np.float32)
    targets = np.asarray([[1, 0], [1, 0], [0, 0], [0, 1]], np.float32)
    thresholds = best_thresholds(scores, targets)
    assert 0.1 < thresholds[0] <= 0.205
    assert thresholds[1] > 0.69
    assert multilabel_f1(scores, targets, thresholds) == 1.0
    assert multilabel_f1(scores, targets, 0.3) < 1.0
