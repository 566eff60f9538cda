from __future__ import annotations

import math

import numpy as np
import pytest

from mien.recipe import strict
from mien.trust.calibration import Calibration, Measures, softened
from mien.trust.guard import REASONS, Guard, GuardFit, temperature
from mien.trust.judgement import HALF, Trust, subset_name
from mien.trust.label_sets import RULES, LabelSets, Rule
from mien.trust.table import Abstention, Fitted, TrustTable
from mien.types import EMOTION, Float32, Task

P: Float32 = np.asarray([[0.7, 0.2, 0.1], [0.4, 0.35, 0.25]], np.float32)
HALVES: Float32 = np.full(2, 0.5, np.float32)
TASK = Task("emotion", "single", ("a", "b", "c"))
FITTED = Fitted(
    data=("my valid",),
    composite=False,
    n=40,
    speakers=None,
    method="temperature",
    nll={"temperature": 0.5},
    calibration=Calibration(np.full(3, 0.5, np.float32), np.zeros(3, np.float32)),
    label_sets=LabelSets("lac", 0.9, np.full(3, 0.7, np.float32)),
    uncertain=Abstention(0.2, 0.45),
)


def test_a_temperature_of_two_takes_square_roots() -> None:
    roots = np.sqrt(P)
    expected = roots / roots.sum(axis=1, keepdims=True)
    half = Calibration(np.full(3, 0.5, np.float32), np.zeros(3, np.float32))
    np.testing.assert_allclose(half.apply(P), expected, atol=1e-6)
    np.testing.assert_allclose(softened(P, 2.0), expected, atol=1e-6)
    np.testing.assert_allclose(Calibration.identity(3).apply(P), P, atol=1e-6)
    np.testing.assert_array_equal(softened(P, 1.0), P)
    each = softened(P, np.asarray([1.0, 2.0], np.float32))
    np.testing.assert_allclose(each, [P[0], expected[1]], atol=1e-6)


def test_a_bias_multiplies_the_odds() -> None:
    doubled = Calibration(np.ones(3, np.float32), np.asarray([math.log(2), 0, 0], np.float32))
    np.testing.assert_allclose(doubled.apply(P)[0], np.asarray([1.4, 0.2, 0.1]) / 1.7, atol=1e-6)


def test_an_impossible_label_stays_so() -> None:
    certain: Float32 = np.asarray([[1.0, 0.0, 0.0]], np.float32)
    made = Calibration(np.full(3, 0.7, np.float32), np.zeros(3, np.float32)).apply(certain)
    assert np.isfinite(made).all()
    assert made[0, 1] < 1e-6


@pytest.mark.parametrize(
    ("rule", "quantile", "expected"),
    [
        ("lac", 0.7, [[True, False, False], [True, True, False]]),
        ("aps", 0.9, [[True, True, False], [True, True, False]]),
        ("lac", 0.1, [[True, False, False], [True, False, False]]),
    ],
)
def test_members_are_labels_with_a_low_score(rule: Rule, quantile: float, expected: list[list[bool]]) -> None:
    sets = LabelSets(rule, 0.9, np.full(3, quantile, np.float32))
    assert sets.members(P).tolist() == expected


def test_quantiles_of_labels_count_for_their_label() -> None:
    sets = LabelSets("lac", 0.9, np.asarray([0.2, 0.2, 0.95], np.float32))
    assert sets.members(P).tolist() == [[True, False, True], [True, False, True]]


@pytest.mark.parametrize("rule", RULES)
def test_what_is_written_is_read_and_never_covers_less(rule: Rule) -> None:
    sets = LabelSets(rule, 0.9, np.asarray([0.65004, 0.3, 1.0], np.float32))
    again = LabelSets.from_table(sets.rounded().as_table(), "label sets")
    assert again.as_table() == sets.rounded().as_table()
    assert (again.quantiles >= sets.quantiles).all()
    assert not (sets.members(P) & ~again.members(P)).any()


def test_what_was_fitted_counts_for_its_subset_only() -> None:
    trust = Trust(TrustTable(0.9, 0.2, {"emotion": {"text+face": FITTED}}, (), ()), [TASK])
    fitted, plain = trust.of("emotion", ("face", "text")), trust.of("emotion", ["voice"])
    assert fitted is not None
    assert plain is not None
    both = trust.calibrated({"emotion": P}, {"face": {}, "text": {}}, 2 * HALVES)
    np.testing.assert_allclose(both["emotion"], softened(P, 2.0), atol=1e-6)
    np.testing.assert_allclose(trust.calibrated({"emotion": P}, {"voice": {}}, 2 * HALVES)["emotion"], P)
    assert fitted.label_set(P[1], TASK.labels) == ("a", "b")
    assert [fitted.uncertain(row) for row in P] == [False, True]
    assert plain.label_set(P[1], TASK.labels) == ()
    assert plain.threshold == HALF


def test_scores_and_several_labels_are_left_alone() -> None:
    score = Task("sentiment", "score", (), (-3.0, 3.0))
    trust = Trust(None, [EMOTION, score])
    rows: Float32 = np.asarray([[2.5]], np.float32)
    assert trust.of("sentiment", ["text"]) is None
    assert trust.calibrated({"sentiment": rows}, {"text": {}}, 6 * HALVES[:1])["sentiment"] is rows


def test_subsets_are_named_in_one_order() -> None:
    assert subset_name(["face", "text", "voice"]) == "text+voice+face"


def test_guards_are_triggered_outside_their_bounds() -> None:
    short = Guard("short_speech", "voice", "seconds", below=0.5, temperature=2.0)
    far = Guard("small_face", "face", "distance", above=9.0, temperature=4.0)
    seconds, distance = (np.asarray(v, np.float32) for v in ([0.3, 0.7], [9.5, 3.0]))
    measures: Measures = {"voice": {"seconds": seconds}, "face": {"distance": distance}}
    assert short.triggered(measures).tolist() == [True, False]
    both = temperature([short, far], measures, {"voice": HALVES, "face": HALVES})
    np.testing.assert_allclose(both, [math.sqrt(2) * 2, 1.0], rtol=1e-6)
    np.testing.assert_allclose(temperature([short, far], measures, {"face": 2 * HALVES}), [4.0, 1.0], rtol=1e-6)
    np.testing.assert_array_equal(temperature([far], {"face": {}}, {"face": HALVES}), [1, 1], "not measured")


def test_how_a_guard_was_fitted_is_kept_for_the_card() -> None:
    fitted = {"spoilt_by": ["noise:5"], "n": 40, "nll": 0.5, "clean": 100, "clean_share": 0.01}
    entry = {"reason": "noise", "modality": "voice", "measure": "snr_db", "below": 3.0, "temperature": 2.0}
    table = strict.build(
        TrustTable,
        {"coverage": 0.9, "risk": 0.2, "tasks": {}, "guards": [{**entry, "fitted": fitted}], "measured": []},
        "it",
    )
    (guard,) = Trust(table, [TASK]).guards
    fit = GuardFit(degraded_by=("noise:5",), n=40, nll=0.5, clean=100, clean_share=0.01)
    assert guard == Guard("noise", "voice", "snr_db", below=3.0, temperature=2.0, fitted=fit)
    assert guard.outside([2.9, 3.0, 40.0]).tolist() == [True, False, False]
    assert strict.plain(guard) == {**entry, "fitted": fitted}, "bounds that are infinite are left out"


def test_every_reason_is_published() -> None:
    from mien.report.exporters.json import schema

    said = schema()["$defs"]["segment"]["properties"]["reasons"]["description"]
    assert all(reason in said for reason in REASONS)
