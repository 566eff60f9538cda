"""Figures about sets, on examples whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from mien.collection.measures.learning import learning
from mien.collection.measures.numbers import effective, evenness, plane, vendi


def test_effective_numbers() -> None:
    assert effective([5, 5, 5, 5]) == pytest.approx(4)
    assert effective([100, 0]) == pytest.approx(1)
    assert 1 < effective([90, 10]) < 2
    assert effective([]) == 0
    assert evenness([3, 3, 3]) == pytest.approx(1)
    assert evenness([100, 1]) < 0.1


def test_the_vendi_score_counts_entirely_different_ones() -> None:
    assert vendi(np.eye(6)) == pytest.approx(6)
    assert vendi(np.repeat(np.eye(3), 4, axis=0)) == pytest.approx(3)
    assert vendi(np.ones((9, 4))) == pytest.approx(1)
    assert vendi(np.zeros((0, 4))) == 0


def test_the_plane_holds_its_edges() -> None:
    found = plane([(-1, -1), (1, 1), (0, 0), (0, 0)])
    assert (found[0, 0], found[4, 4], found[2, 2], found.sum()) == (1, 1, 2, 4)


def made(count: int, noise: float) -> tuple[np.ndarray, list[str], list[str]]:
    random = np.random.default_rng(5)
    labels = random.choice(3, count, p=[0.6, 0.3, 0.1])
    states = random.normal(size=(3, 16))[labels] + noise * random.normal(size=(count, 16))
    return states, [f"l{n}" for n in labels], [f"p{n % 12}" for n in range(count)]


def test_a_learning_curve_rises_and_names_the_scarce_label() -> None:
    found = learning(*made(300, 2.0))
    assert found is not None
    assert [count for count, _, _ in found.points] == [56, 90, 135, 180, 225]
    assert found.points[-1][1] > found.points[0][1] > 1 / 3
    assert 0 < found.gain < 0.2
    assert next(iter(found.kinds)) == "l2"
    assert learning(*made(40, 2.0)) is None
