"""Values go to the scale of their unit and come back, also at its ends."""

from __future__ import annotations

import math

import pytest

from mien.scenarios.change.scales import scale_of
from mien.scenarios.education.lecture import of_talks
from mien.scenarios.measures.defined import defined

VALUES = {
    "share": (0.0, 0.01, 0.5, 1.0),
    "axis": (-1.0, -0.2, 0.0, 1.0),
    "per_minute": (0.0, 3.0, 140.0),
    "per_hundred": (0.0, 2.5),
    "per_second": (0.001, 0.4),
    "semitones": (0.1, 3.0),
    "decibels": (0.5, 9.0),
    "seconds": (-1.0, 0.0, 2.0),
}


@pytest.mark.parametrize("unit", VALUES)
def test_there_and_back(unit: str) -> None:
    scale = scale_of(unit)
    places = [scale.to(value, 30) for value in VALUES[unit]]
    assert places == sorted(places)
    assert [scale.back(place, 30) for place in places] == pytest.approx(VALUES[unit], abs=1e-9)


def test_every_unit_is_thought_of() -> None:
    assert {m.unit for m in (*defined(), *of_talks())} == set(VALUES)


def test_the_ends_of_a_share_are_closer_with_more_moments_behind_them() -> None:
    """None of 5 moments says less than none of 500."""
    few, many = (scale_of("share").to(0.0, n) for n in (5, 500))
    assert few == pytest.approx(math.log(0.5 / 5.5))
    assert many < few


def test_the_range_never_leaves_what_is_possible() -> None:
    assert scale_of("share").back(-99.0, 30) == 0.0
    assert scale_of("share").back(99.0, 30) == 1.0
    assert scale_of("per_minute").back(-3.0, 30) == 0.0


def test_no_deviation_at_all_is_not_compared() -> None:
    assert math.isnan(scale_of("semitones").to(0.0, 30))
