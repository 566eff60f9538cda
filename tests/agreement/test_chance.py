"""Measures of agreement, against published examples and the package krippendorff."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from mien.agreement.chance import alpha, alpha_by_label, alpha_of_scale, fleiss
from mien.agreement.votes import Ratings, Votes

# Krippendorff 2011, section D: four observers, twelve units, missing data.
PUBLISHED = np.asarray(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, np.nan, np.nan, np.nan],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, np.nan, 3],
        [np.nan, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, np.nan],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, np.nan],
    ]
)
# Fleiss' kappa as in its article of Wikipedia: ten subjects, fourteen raters, five categories.
FLEISS = [
    [0, 0, 0, 0, 14],
    [0, 2, 6, 4, 2],
    [0, 0, 3, 5, 6],
    [0, 3, 9, 2, 0],
    [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0],
    [3, 2, 6, 3, 0],
    [2, 5, 3, 2, 2],
    [6, 5, 2, 1, 0],
    [0, 2, 2, 3, 7],
]


def votes(table: NDArray[np.float64]) -> Votes:
    there = [(u, a) for a, u in zip(*np.nonzero(~np.isnan(table)), strict=True)]
    return Votes.of(((f"u{u}", f"a{a}", str(int(table[a, u]))) for u, a in there), [str(n) for n in range(1, 6)])


def ratings(table: NDArray[np.float64]) -> Ratings:
    return Ratings.of((f"u{u}", float(table[a, u])) for a, u in zip(*np.nonzero(~np.isnan(table)), strict=True))


def test_alpha_of_the_published_example() -> None:
    found = alpha(votes(PUBLISHED))
    assert found.value == pytest.approx(0.743, abs=5e-4)
    assert (found.units, found.votes) == (11, 40)
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0.743 < found.high
    assert alpha_of_scale(ratings(PUBLISHED)).value == pytest.approx(0.849, abs=5e-4)


@pytest.mark.parametrize("seed", range(5))
def test_alpha_is_that_of_the_package(seed: int) -> None:
    package = pytest.importorskip("krippendorff", reason="needs krippendorff: pip install '.[dev]'")
    rng = np.random.default_rng(seed)
    table = rng.integers(1, 6, (6, 40)).astype(float)
    table[:, ::2] = table[0, ::2]
    table[rng.random(table.shape) < 0.4] = np.nan
    for level, found in (("nominal", alpha(votes(table))), ("interval", alpha_of_scale(ratings(table)))):
        assert found.value == pytest.approx(package.alpha(table, level_of_measurement=level))


def test_fleiss_of_the_published_example() -> None:
    rows = [(f"u{u}", f"{k}-{i}", str(k)) for u, row in enumerate(FLEISS) for k, n in enumerate(row) for i in range(n)]
    assert fleiss(Votes.of(rows, "01234")).value == pytest.approx(0.210, abs=5e-4)


def test_full_agreement_and_chance() -> None:
    agreed = Votes.of(((f"u{n}", a, "xy"[n % 2]) for n in range(20) for a in "ab"), "xy")
    assert alpha(agreed).value == fleiss(agreed).value == 1.0
    rng = np.random.default_rng(0)
    chance = Votes.of(((f"u{n}", a, "xy"[rng.integers(2)]) for n in range(4000) for a in "abc"), "xy")
    assert alpha(chance).value == pytest.approx(0, abs=0.03)


def test_labels_of_one_ballot_are_no_pair() -> None:
    """Two people who each weigh x and y alike agree in half of all draws from their ballots."""
    both = Votes.weighted(((f"u{n}", a, label, 0.5) for n in range(9) for a in "ab" for label in "xy"), "xy")
    single = Votes.weighted([*((f"u{n}", a, "x", 1.0) for n in range(9) for a in "ab"), ("v", "a", "y", 1.0)], "xy")
    assert alpha(both).value == pytest.approx(1 / 18)  # observed 1/2, by chance 9/17
    assert alpha(single).units == 9


def test_what_cannot_agree_has_no_value() -> None:
    for entries in ([], [("u", "a", "x"), ("v", "b", "y")], [("u", "a", "x"), ("u", "b", "x")]):
        found = alpha(Votes.of(entries, "xy"))
        assert (found.value, found.low, found.high) == (None, None, None)


def test_a_label_that_people_confuse_has_the_lowest_alpha() -> None:
    entries = [(f"u{n}", "a", "xyz"[n % 3]) for n in range(30)]
    entries += [(f"u{n}", "b", "xzy"[n % 3] if n % 2 else "xyz"[n % 3]) for n in range(30)]
    found = alpha_by_label(Votes.of(entries, "xyz"))
    assert found["x"].value == 1.0
    assert found["y"].value is not None
    assert found["y"].value < 0.6


def test_whole_speakers_are_resampled_where_they_are_named() -> None:
    rng = np.random.default_rng(0)
    entries = [
        (f"u{n}", a, "xy"[(n // 10) % 2] if rng.random() < 0.8 else "xyxy"[n % 4]) for n in range(60) for a in "ab"
    ]
    speakers = {f"u{n}": f"s{n // 20}" for n in range(60)}
    alone, grouped = alpha(Votes.of(entries, "xy")), alpha(Votes.of(entries, "xy"), speakers)
    assert alone.value == grouped.value
    assert (alone.low, alone.high) != (grouped.low, grouped.high)
