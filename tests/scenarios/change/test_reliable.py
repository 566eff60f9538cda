"""False alarms of at most 5 % where nothing changes, whatever the shape, and real changes found, on simulated people."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from benchmarks.reliable_change import MEASURES, SHAPES, alarms, rows

from mien.scenarios.change.reliable import FEWEST, changes, p_value, quantile
from mien.scenarios.measures.measures import Value

STEADY = SHAPES["steady"]
PLAIN = dict.fromkeys(MEASURES, "")
PEOPLE = 400


@pytest.mark.parametrize("baseline", [5, 6, 10])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_steady_person_is_marked_in_at_most_one_of_twenty_recordings(shape: str, baseline: int) -> None:
    marked, outside, _ = alarms(SHAPES[shape], baseline, PEOPLE)
    assert marked <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / PEOPLE)
    assert outside <= 0.08, "nineteen of twenty values lie in the expected range, or nearly so"


def test_a_real_change_is_found() -> None:
    """docs/medicine.md gives these figures."""
    assert alarms(STEADY, 5, 300, shift=12.0)[2] > 0.7
    assert alarms(STEADY, 10, 300, shift=12.0)[2] > 0.95


def test_a_baseline_that_is_too_small_or_too_thin_tells_nothing() -> None:
    rng = np.random.default_rng(2)
    few = rows(STEADY.make(rng, FEWEST), STEADY)
    assert changes(few[:-1], few[-1], PLAIN, MEASURES) == {}
    thin = {m: Value(9.0, None, None, 2, 10.0) for m in MEASURES}
    assert changes(rows(STEADY.make(rng, 5), STEADY), thin, PLAIN, MEASURES) == {}


def test_the_error_within_recordings_is_the_least_yardstick() -> None:
    loose = replace(STEADY, error=0.5)
    same = rows(np.zeros((5, 9)), loose)
    change = changes(same, rows(np.full((1, 9), 1.0), loose)[0], PLAIN, MEASURES)["m0"]
    assert (change.high - change.low) / 2 == pytest.approx(quantile(4) * 0.5 * math.sqrt(1.2))
    assert not change.changed


def test_a_first_event_after_none_at_all_is_no_change() -> None:
    """The baseline of zeros has no error of its own; the new value has one."""
    never, once = Value(0.0, 0.0, 0.0, 30, 300.0), Value(1 / 30, 0.0, 0.1, 30, 300.0)
    (change,) = changes([{"m0": never}] * 5, {"m0": once}, {"m0": "share"}, ["m0"]).values()
    assert change.low == 0.0
    assert not change.changed
    assert changes([{"m0": never}] * 5, {"m0": never}, {"m0": "share"}, ["m0"]) == {}


def test_a_share_is_compared_on_its_own_scale() -> None:
    """From 1 % to 4 % is a change where 50 % to 53 % is none."""

    def shares(*values: float) -> list[dict[str, Value]]:
        return [{"m0": Value(v, v * 0.9, v * 1.1, 400, 900.0)} for v in values]

    def changed(before: tuple[float, ...], after: float) -> bool:
        return changes(shares(*before), shares(after)[0], {"m0": "share"}, ["m0"])["m0"].changed

    assert changed((0.010, 0.011, 0.0095, 0.0105, 0.010), 0.06)
    assert not changed((0.50, 0.55, 0.475, 0.525, 0.50), 0.55)


def test_student_is_that_of_tables() -> None:
    for freedom, t in ((1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (10, 2.228), (30, 2.042)):
        assert quantile(freedom) == pytest.approx(t, abs=6e-4)
        assert p_value(t, freedom) == pytest.approx(0.05, abs=1e-4)
    assert p_value(0.0, 5) == pytest.approx(1.0)
