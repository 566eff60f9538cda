from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from mien.metrics.accuracy import accuracy
from mien.metrics.base import Sums
from mien.metrics.statistics.intervals import difference, holm, interval, mcnemar, unit


def hits(*right: int) -> Sums:
    return np.stack([np.asarray(right, float), np.ones(len(right))], axis=1)


def test_an_interval_of_a_mean_is_the_usual_one() -> None:
    rng = np.random.default_rng(1)
    drawn = rng.random(400) < 0.7
    found = interval(accuracy.of, [hits(*drawn)], [""] * 400)
    assert found is not None
    usual = stats.bootstrap((drawn.astype(float),), np.mean, method="percentile", rng=0).confidence_interval
    assert found == pytest.approx((usual.low, usual.high), abs=0.01)


def test_people_are_resampled_whole() -> None:
    right = [1, 1, 1, 1, 0, 0, 0, 0] * 5
    people = [f"p{i // 4}" for i in range(40)]
    alone = interval(accuracy.of, [hits(*right)], [""] * 40)
    grouped = interval(accuracy.of, [hits(*right)], people)
    assert alone is not None
    assert grouped is not None
    assert grouped[1] - grouped[0] > 1.5 * (alone[1] - alone[0]), "four clips of one person say the same"
    assert (unit(people), unit(["a", ""])) == ("10 groups", "2 examples")


def test_what_is_not_defined_has_no_interval() -> None:
    assert interval(lambda sums: np.full(sums.shape[:-1], np.nan), [hits(1, 0)], ["", ""]) is None


def test_the_same_resamples_for_both() -> None:
    rng = np.random.default_rng(0)
    one = rng.random(200) < 0.6
    other = one | (rng.random(200) < 0.2)
    found = difference(accuracy.of, [hits(*one)], [hits(*other)], [""] * 200)
    assert found.value == pytest.approx(other.mean() - one.mean())
    assert found.low > 0, "it is never worse on any example"
    assert found.p == pytest.approx(2 / 1001)
    same = difference(accuracy.of, [hits(*one)], [hits(*one)], [""] * 200)
    assert (same.value, same.p) == (0.0, 1.0)


def test_mcnemar_is_the_binomial_of_what_changed() -> None:
    one, other = np.zeros(10, bool), np.zeros(10, bool)
    other[:6] = True
    one[6] = True
    assert mcnemar(one, other) == pytest.approx(stats.binomtest(6, 7).pvalue)
    assert mcnemar(one, one) == 1.0


def test_holm() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []
