"""False alarms of at most 5 % where nothing changes, and real changes found, on simulated people."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mien.scenarios.change.reliable import FEWEST, changes, p_value, quantile
from mien.scenarios.measures.measures import Value

MEASURES = [f"m{k}" for k in range(9)]


def rows(levels: np.ndarray, error: float) -> list[dict[str, Value]]:
    """Recordings from values (recordings, measures), with intervals that tell the error."""
    reach = 1.96 * error
    return [
        {m: Value(float(v), v - reach, v + reach, 30, 300.0) for m, v in zip(MEASURES, row, strict=True)}
        for row in levels
    ]


def alarms(make: object, baseline: int, error: float, people: int = 1500) -> tuple[float, float]:
    """Shares of people with any mark in the next recording, and of measures below 0.05 on their own."""
    rng, marked, single = np.random.default_rng(0), 0, 0
    for _ in range(people):
        found = rows(make(rng, baseline + 1), error)  # type: ignore[operator]  # a function of the generator and a length
        told = changes(found[:baseline], found[-1], MEASURES)
        marked += any(c.changed for c in told.values())
        single += sum(c.p < 0.05 for c in told.values())
    return marked / people, single / people / len(MEASURES)


def steady(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.normal(0, 1, (n, len(MEASURES)))


def alike(rng: np.random.Generator, n: int) -> np.ndarray:
    """Measures that go together."""
    return 0.8 * rng.normal(0, 1, (n, 1)) + 0.6 * rng.normal(0, 1, (n, len(MEASURES)))


def skewed(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.gamma(4.0, 0.5, (n, len(MEASURES)))


def quiet(rng: np.random.Generator, n: int) -> np.ndarray:
    """The person hardly varies; what varies is the error of measurement."""
    return rng.normal(0, 0.3, (n, len(MEASURES)))


@pytest.mark.parametrize("baseline", [3, 5])
@pytest.mark.parametrize("make", [steady, alike, quiet])
def test_a_steady_person_is_marked_in_at_most_one_of_twenty_recordings(make: object, baseline: int) -> None:
    error = 0.3 if make is quiet else 0.1
    marked, single = alarms(make, baseline, error)
    sampling = 2 * math.sqrt(0.05 * 0.95 / 1500)
    assert marked <= 0.05 + sampling
    assert single <= 0.05 + sampling


def test_skewed_measures_raise_false_alarms_a_little() -> None:
    """docs/medicine.md gives this figure."""
    assert 0.05 < alarms(skewed, 5, 0.1)[0] <= 0.09


def test_a_real_change_is_found() -> None:
    rng, found = np.random.default_rng(1), 0
    for _ in range(300):
        levels = steady(rng, 6)
        levels[-1, 0] += 8.0
        told = changes(rows(levels[:5], 0.1), rows(levels[5:], 0.1)[0], MEASURES)
        found += told["m0"].changed
    assert found / 300 > 0.7


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
