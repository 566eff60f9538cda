"""The shares of benchmarks/deescalate.py, on dialogues with known answers."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.deescalate import fired, told


def test_the_rule_fires_where_it_is_best_and_probable_enough() -> None:
    scores, best = np.asarray([0.9, 0.6, 0.4, 0.7]), np.asarray([True, True, True, False])
    assert fired(scores, best, 0.5).tolist() == [True, True, False, False]


def test_shares_have_intervals_over_dialogues() -> None:
    angry, fires = np.asarray([True, False, True, False] * 10), np.asarray([True, True, False, False] * 10)
    dialogues = [str(n // 4) for n in range(40)]
    assert told(angry, fires, dialogues) == "0.50 (0.50 to 0.50)", "all dialogues are alike"
    assert told(angry, fires, [str(n) for n in range(40)]).startswith("0.50 (0.")
    assert told(angry, fires, [str(n) for n in range(40)]) != told(angry, fires, dialogues)
    assert told(angry, np.zeros(40, np.bool_), dialogues) == "none"


@pytest.mark.parametrize("threshold", [0.0, 1.0])
def test_it_never_fires_where_another_label_is_best(threshold: float) -> None:
    assert not fired(np.ones(3), np.zeros(3, np.bool_), threshold).any()
