from __future__ import annotations

from collections import Counter

import numpy as np

from mien.data.related import KINDS, Histories
from mien.training.batches import drawn

PEOPLE = ["ann"] * 8 + ["bob"] * 8 + [None]
LABELS = np.asarray([0, 0, 1, 1, 2, 2, 3, 3] * 2 + [0])


def test_what_is_known_of_a_person_is_drawn_in_every_kind() -> None:
    histories, rng = Histories(PEOPLE, LABELS), np.random.default_rng(0)
    seen: Counter[str] = Counter()
    for _ in range(600):
        found = histories.draw(2, rng)
        who = {PEOPLE[i] for i in found}
        labels = {int(LABELS[i]) for i in found}
        assert len(who) <= 1, "one person"
        assert len(set(found)) == len(found)
        if not len(found):
            seen["none"] += 1
        elif who == {"bob"}:
            seen["stranger"] += 1
        else:
            assert 2 in found, "the clip itself is known"
            seen["same" if labels == {1} else "other" if len(labels) == 2 else "any"] += 1
    assert min(seen[k] for k in ("none", "stranger", "same", "other", "any")) > 5
    assert len(KINDS) == 6


def test_nothing_is_known_of_nobody() -> None:
    histories, rng = Histories(PEOPLE, LABELS), np.random.default_rng(0)
    assert histories.all_of(0).tolist() == list(range(8))
    assert len(histories.all_of(16)) == 0
    assert all(len(histories.draw(16, rng)) == 0 for _ in range(20))


def test_balance_draws_small_sets_more_often() -> None:
    assert drawn([100, 400], 0.0) == [100, 400]
    assert drawn([100, 400], 1.0) == [250, 250]
    assert drawn([100, 400], 0.5) == [167, 333]
