from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as reference

from mien.metrics.acc2 import acc2
from mien.metrics.acc7 import acc7
from mien.metrics.accuracy import accuracy
from mien.metrics.base import metrics, metrics_of
from mien.metrics.brier import brier
from mien.metrics.ccc import ccc
from mien.metrics.ece import ece
from mien.metrics.f1_2 import f1_2
from mien.metrics.macro_f1 import macro_f1
from mien.metrics.mae import mae
from mien.metrics.multilabel_f1 import best_thresholds, multilabel_f1
from mien.metrics.nll import nll
from mien.metrics.pearson import pearson
from mien.metrics.uar import uar
from mien.metrics.weighted_f1 import weighted_f1
from mien.types import Float32, Task

SENTIMENT = Task("sentiment", "score", bounds=(-3.0, 3.0))


def hot(labels: list[int], size: int = 3) -> Float32:
    return np.eye(size, dtype=np.float32)[labels]


TRUTH = hot([0, 0, 0, 1])
ANSWERS = hot([0, 0, 1, 1])


def column(*values: float) -> Float32:
    return np.asarray(values, np.float32)[:, None]


def drawn(size: int, labels: int) -> tuple[Float32, Float32]:
    """Probabilities and one-hot truths; the last label never occurs."""
    rng = np.random.default_rng(size)
    scores = rng.dirichlet(np.ones(labels), size).astype(np.float32)
    return scores, np.eye(labels, dtype=np.float32)[rng.integers(0, labels - 1, size)]


def test_values_worked_out_by_hand() -> None:
    assert accuracy(ANSWERS, TRUTH) == 0.75
    assert uar(ANSWERS, TRUTH) == pytest.approx((2 / 3 + 1) / 2), "a label that does not occur does not count"
    assert macro_f1(ANSWERS, TRUTH) == pytest.approx((0.8 + 2 / 3) / 2)
    assert weighted_f1(ANSWERS, TRUTH) == pytest.approx(0.75 * 0.8 + 0.25 * 2 / 3)


@pytest.mark.parametrize(("size", "labels"), [(7, 3), (200, 6)])
def test_labels_as_scikit_learn_counts_them(size: int, labels: int) -> None:
    scores, targets = drawn(size, labels)
    truth, answer = targets.argmax(axis=1), scores.argmax(axis=1)
    there = sorted(set(truth))
    expected = {
        accuracy: reference.accuracy_score(truth, answer),
        uar: reference.recall_score(truth, answer, labels=there, average="macro", zero_division=0),
        macro_f1: reference.f1_score(truth, answer, labels=there, average="macro", zero_division=0),
        weighted_f1: reference.f1_score(truth, answer, average="weighted", zero_division=0),
        nll: reference.log_loss(truth, scores, labels=range(labels)),
        brier: reference.brier_score_loss(targets.astype(int), scores, scale_by_half=False),
    }
    for metric, value in expected.items():
        assert metric(scores, targets) == pytest.approx(value, abs=1e-6), metric.__name__


def test_several_labels_as_scikit_learn_counts_them() -> None:
    rng = np.random.default_rng(0)
    scores, targets = rng.random((60, 4), np.float32), (rng.random((60, 4)) < 0.3).astype(np.float32)
    expected = reference.f1_score(targets > 0, scores >= 0.3, average="macro", zero_division=0)
    assert multilabel_f1(scores, targets) == pytest.approx(expected)


def test_scores_as_scipy_correlates_them() -> None:
    rng = np.random.default_rng(0)
    targets = rng.uniform(-3, 3, (80, 1)).astype(np.float32)
    scores = (0.5 * targets + rng.normal(0, 1, (80, 1)) + 0.3).astype(np.float32)
    x, y = scores[:, 0].astype(float), targets[:, 0].astype(float)
    assert mae(scores, targets) == pytest.approx(reference.mean_absolute_error(y, x))
    r = stats.pearsonr(x, y).statistic
    assert pearson(scores, targets) == pytest.approx(r)
    concordance = 2 * r * x.std() * y.std() / (x.var() + y.var() + (x.mean() - y.mean()) ** 2)
    assert ccc(scores, targets) == pytest.approx(concordance)


def test_a_constant_agrees_with_nothing() -> None:
    assert pearson(column(0.5, 0.5, 0.5), column(1, 2, 3)) == pytest.approx(0.0, abs=1e-6)
    assert ccc(column(0.5, 0.5, 0.5), column(1, 2, 3)) == pytest.approx(0.0, abs=1e-6)


def test_sentiment_in_two_and_seven_classes() -> None:
    targets, scores = column(-1.0, 0.0, 2.0, 3.0), column(-0.4, -0.1, 2.4, 5.0)
    assert acc2(scores, targets, "has0") == 0.75, "0 is not negative"
    assert acc2(scores, targets, "non0") == 1.0, "the example at 0 is left out"
    assert f1_2(scores, targets, "non0") == 1.0
    assert f1_2(scores, targets, "has0") == pytest.approx((1 * 2 / 3 + 3 * 0.8) / 4)
    assert acc7(scores, targets) == 0.75, "-1 against 0; beyond the bounds counts as the bound"
    assert np.isnan(acc2(column(1.0), column(0.0), "non0")), "nothing is left to judge"


@pytest.mark.parametrize("name", metrics.names())
def test_every_metric_prefers_right_answers(name: str) -> None:
    metric = metrics.get(name)
    labels = metric.fits(Task("emotion", "single", ("a", "b", "c"))) or metric.fits(Task("e", "multi", ("a", "b")))  # type: ignore[attr-defined]
    targets = hot([0, 1, 2, 0, 1, 2]) if labels else column(-2, -1, 1, 2)
    wrong = hot([1, 2, 0, 1, 2, 0]) if labels else column(1, 2, -2, -1)
    good, bad = metric(targets, targets), metric(wrong, targets)
    assert (good < bad) if metric.lower else (good > bad)  # type: ignore[attr-defined]
    assert good == pytest.approx(0.0 if metric.lower else 1.0, abs=1e-6)  # type: ignore[attr-defined]


def test_a_task_gets_the_measures_that_fit_it() -> None:
    single = metrics_of(Task("emotion", "single", ("a", "b")))
    assert set(single) == {"accuracy", "uar", "macro_f1", "weighted_f1", "ece", "brier", "nll"}
    assert set(metrics_of(Task("topics", "multi", ("a", "b")))) == {"multilabel_f1", "brier"}
    assert set(metrics_of(SENTIMENT)) == {
        *("mae", "pearson", "ccc", "acc7"),
        *("acc2_has0", "acc2_non0", "f1_2_has0", "f1_2_non0"),
    }
    assert set(metrics_of(Task("arousal", "score", bounds=(0.0, 1.0)))) == {"mae", "pearson", "ccc"}
    scores, targets = column(-0.4, -0.1), column(-1.0, 0.0)
    assert metrics_of(SENTIMENT)["acc2_has0"](scores, targets) == 0.5


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
