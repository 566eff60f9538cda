"""False alarms of at most 5 % where nothing changes, and real changes found, on simulated people."""

from __future__ import annotations

import math

import numpy as np
import pytest
from benchmarks.reliable_change import MEASURES, Make, alarms, alike, rows, skewed, steady
from numpy.typing import NDArray

from mien.scenarios.change.reliable import FEWEST, changes, p_value, quantile
from mien.scenarios.measures.measures import Value


def quiet(rng: np.random.Generator, n: int) -> NDArray[np.float64]:
    """The person hardly varies; what varies is the error of measurement."""
    return rng.normal(0, 0.3, (n, len(MEASURES)))


@pytest.mark.parametrize("baseline", [3, 5])
@pytest.mark.parametrize("make", [steady, alike, quiet])
def test_a_steady_person_is_marked_in_at_most_one_of_twenty_recordings(make: Make, baseline: int) -> None:
    error = 0.3 if make is quiet else 0.1
    marked, single, _ = alarms(make, baseline, error, 1500)
    sampling = 2 * math.sqrt(0.05 * 0.95 / 1500)
    assert marked <= 0.05 + sampling
    assert single <= 0.05 + sampling


def test_skewed_measures_raise_false_alarms_a_little() -> None:
    """docs/medicine.md gives this figure."""
    assert 0.05 < alarms(skewed, 5, 0.1, 1500)[0] <= 0.09


def test_a_real_change_is_found() -> None:
    assert alarms(steady, 5, 0.1, 300, shift=8.0)[2] > 0.7


def test_a_baseline_that_is_too_small_or_too_thin_tells_nothing() -> None:
    rng = np.random.default_rng(2)
    few = rows(steady(rng, FEWEST), 0.1)
    assert changes(few[:-1], few[-1], MEASURES) == {}
    thin = {m: Value(9.0, None, None, 2, 10.0) for m in MEASURES}
    assert changes(rows(steady(rng, 5), 0.1), thin, MEASURES) == {}


def test_the_error_within_recordings_is_the_least_yardstick() -> None:
    same = rows(np.zeros((5, 9)), 0.5)
    change = changes(same, rows(np.full((1, 9), 1.0), 0.5)[0], MEASURES)["m0"]
    assert change.deviation == pytest.approx(0.5)
    assert not change.changed


def test_student_is_that_of_tables() -> None:
    for freedom, t in ((1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (10, 2.228), (30, 2.042)):
        assert quantile(freedom) == pytest.approx(t, abs=6e-4)
        assert p_value(t, freedom) == pytest.approx(0.05, abs=1e-4)
    assert p_value(0.0, 5) == pytest.approx(1.0)
