from __future__ import annotations

import numpy as np
import pytest

from mien.evaluation.groups import by_group, gaps
from mien.metrics.statistics.intervals import holm
from mien.trust.sample import Sample

PEOPLE, EACH = 12, 20


def answers(worse: float) -> tuple[Sample, list[str]]:
    """People of two groups, half and half; in "b" a share ``worse`` of the answers is wrong, in "a" a tenth."""
    rng = np.random.default_rng(0)
    group = np.repeat(["a", "b"], PEOPLE * EACH // 2)
    wrong = rng.random(PEOPLE * EACH) < np.where(group == "b", worse, 0.1)
    truth = rng.integers(0, 3, PEOPLE * EACH)
    scores = np.full((PEOPLE * EACH, 3), 0.05, np.float32)
    scores[np.arange(len(truth)), (truth + wrong) % 3] = 0.9
    names = [f"p{i // EACH}" for i in range(PEOPLE * EACH)]
    return Sample.of(scores, np.eye(3, dtype=np.float32)[truth], names), group.tolist()


def test_a_gap_between_people_is_found_and_its_interval_holds_the_value() -> None:
    sample, group = answers(worse=0.5)
    rows = {(r.group, r.metric): r for r in by_group(sample, group, 100)}
    assert rows["a", "accuracy"].value == pytest.approx(0.9, abs=0.06)
    assert rows["b", "accuracy"].value == pytest.approx(0.5, abs=0.1)
    for row in rows.values():
        assert row.value is not None
        assert row.low is not None
        assert row.high is not None
        assert row.people == PEOPLE // 2
        if row.metric in ("accuracy", "overconfidence"):
            assert row.low <= row.value <= row.high
    found = {g.metric: g for g in gaps(sample, group, replicates=100)}
    assert found["accuracy"].value > 0.25
    assert found["accuracy"].p is not None
    assert found["accuracy"].p < 0.02
    assert found["overconfidence"].value < -0.25, "both are as confident, one is right less often"


def test_no_gap_is_made_up() -> None:
    found = gaps(*answers(worse=0.1), replicates=100)
    assert all(p > 0.05 for p in holm([g.p or 0.0 for g in found]))


def test_of_small_groups_nothing_is_said() -> None:
    sample, group = answers(worse=0.5)
    alone = ["c" if name == "p0" else g for name, g in zip(sample.groups, group, strict=True)]
    rows = [r for r in by_group(sample, alone, 20) if r.group == "c"]
    assert {(r.people, r.n, r.value) for r in rows} == {(1, EACH, None)}
    assert {g.one for g in gaps(sample, alone, replicates=50)} == {"a"}, "and it is not compared"


def test_few_people_cannot_show_a_gap() -> None:
    """However many answers each of them gives."""
    sample, group = answers(worse=0.9)
    few = np.isin(sample.groups, ["p0", "p1", "p2", "p3", "p6", "p7", "p8", "p9"])
    mine = np.asarray(group)[few].tolist()
    assert {(r.people, r.n, r.value) for r in by_group(sample.rows(few), mine, 20)} == {(4, 4 * EACH, None)}
    assert gaps(sample.rows(few), mine, replicates=100) == []


def test_people_who_are_in_both_groups_are_not_exchanged() -> None:
    sample, _ = answers(worse=0.5)
    found = gaps(sample, ["quiet", "loud"] * (len(sample) // 2), replicates=50)
    assert {g.p for g in found} == {None}
    assert {g.metric: g.value for g in found}["accuracy"] == pytest.approx(
        float(sample.right[1::2].mean() - sample.right[::2].mean())
    )


def test_who_names_no_group_is_left_out() -> None:
    sample, group = answers(worse=0.5)
    blank = ["" if g == "b" else g for g in group]
    assert {r.group for r in by_group(sample, blank, 20)} == {"a"}
    assert gaps(sample, blank) == []
