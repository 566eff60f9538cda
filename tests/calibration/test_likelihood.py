from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mien.calibration.conformal import fit_label_sets, fit_threshold
from mien.calibration.likelihood import fit_calibration, fit_guards, fit_temperature, guarded, nll
from mien.evaluation.reliability import (
    calibration_error,
    curve,
    debiased_error,
    diagram,
    figures_of,
    floor,
    interval,
    risk_coverage,
)
from mien.metrics.accuracy import accuracy
from mien.metrics.brier import brier
from mien.metrics.ece import ece
from mien.metrics.nll import nll as metrics_nll
from mien.trust.calibration import Calibration, Measures, Slope, logs, normalised, softened
from mien.trust.judgement import Judgement
from mien.trust.sample import Sample, folds, joined, load, save
from mien.types import Float32

LABELS = 4


def exact(count: int, seed: int = 0, groups: int = 10) -> Sample:
    """Answers whose probabilities are exactly true."""
    rng = np.random.default_rng(seed)
    scores = rng.dirichlet(np.full(LABELS, 0.6), count).astype(np.float32)
    drawn = (scores.cumsum(axis=1) > rng.random((count, 1))).argmax(axis=1)
    values = rng.normal(20.0, 5.0, count).astype(np.float32)
    names = [f"s{i % groups}" for i in range(count)]
    return Sample.of(scores, np.eye(LABELS, dtype=np.float32)[drawn], names, {"voice": {"snr_db": values}})


def test_the_temperature_is_found_again() -> None:
    sample = exact(2000)
    over = replace(sample, scores=softened(sample.scores, 0.5))
    fitted = fit_temperature(over)
    np.testing.assert_allclose(1 / fitted.calibration.scale, 2.0, rtol=0.06)
    assert nll(over.by(fitted.calibration)).mean() < nll(over).mean()


def test_guards_get_the_temperatures_that_their_answers_need() -> None:
    sample = exact(3000)
    triggered = np.zeros((3000, 4), bool)
    triggered[:800, 0] = triggered[:800, 1] = True  # two signs of the same
    triggered[800:1600, 2] = True  # a sign of nothing
    triggered[:20, 3] = True  # too few to tell
    temperature = np.where(triggered[:, 0], 0.4, 1.0)[:, None].astype(np.float32)
    over = replace(sample, scores=normalised(logs(sample.scores) / temperature))
    first, second, nothing, few = fit_guards(over, triggered)
    assert first * second == pytest.approx(2.5, rel=0.1), "both together, not each"
    assert nothing == pytest.approx(1.0, abs=0.1)
    assert few == 1.0
    after = guarded(over, triggered, [first, second, nothing, few])
    np.testing.assert_allclose(after.scores[:800], sample.scores[:800], atol=0.05)
    assert nll(after)[:800].mean() < nll(over)[:800].mean() - 0.2


def test_guards_never_make_an_answer_surer() -> None:
    modest = replace(exact(1000), scores=softened(exact(1000).scores, 2.0))
    assert fit_guards(modest, np.ones((1000, 1), bool)) == [1.0]
    assert fit_guards(modest, np.zeros((1000, 1), bool)) == [1.0], "one that nothing triggers has nothing to go by"


def test_a_temperature_that_depends_on_the_recording_is_found_and_chosen() -> None:
    sample = exact(600)
    slope = Slope("voice", "snr_db", 20.0, 5.0, 0.3)
    away = Calibration(np.ones(LABELS, np.float32), np.zeros(LABELS, np.float32), (replace(slope, slope=-0.3),))
    fitted = fit_calibration(sample.by(away), {"voice": ["snr_db", "unknown"]})
    assert fitted.method == "conditional"
    (found,) = fitted.calibration.slopes
    assert found.slope == pytest.approx(0.3, abs=0.08)
    assert fit_calibration(sample, {"voice": ["snr_db"]}).method == "temperature", (
        "the simplest is kept where it is enough"
    )


def test_measures_never_do_more_than_double_the_temperature() -> None:
    slope = Slope("voice", "snr_db", 0.0, 1.0, 5.0)
    calibration = Calibration(np.ones(LABELS, np.float32), np.zeros(LABELS, np.float32), (slope,))
    scores: Float32 = exact(3).scores
    far: Measures = {"voice": {"snr_db": np.asarray([-900.0, 0.0, 900.0], np.float32)}}
    expected = np.concatenate([softened(scores[k : k + 1], t) for k, t in enumerate((0.5, 1.0, 2.0))])
    np.testing.assert_allclose(calibration.apply(scores, far), expected, atol=1e-5)
    np.testing.assert_allclose(calibration.apply(scores), scores, atol=1e-6)


@pytest.mark.parametrize("by_label", [False, True])
def test_sets_hold_the_right_label_at_the_stated_rate(by_label: bool) -> None:
    sets = fit_label_sets(exact(3000), 0.9, by_label)
    fresh = exact(3000, seed=1)
    held = np.asarray((sets.members(fresh.scores) & fresh.truths).any(axis=1))
    assert held.mean() == pytest.approx(0.9, abs=0.02)
    assert sets.rule == "lac", "the smaller sets"
    if by_label:
        rates = [held[fresh.truths[:, k]].mean() for k in range(LABELS)]
        assert min(rates) > 0.86


def test_too_few_examples_give_every_label() -> None:
    sets = fit_label_sets(exact(5, groups=5), 0.9)
    assert sets.members(exact(50).scores).all()


def test_above_the_threshold_few_answers_are_wrong() -> None:
    sample, fresh = exact(3000), exact(3000, seed=1)
    threshold = fit_threshold(sample, 0.2)
    answered = fresh.scores.max(axis=1) >= threshold
    assert (~fresh.right[answered]).mean() == pytest.approx(0.2, abs=0.03)
    assert fit_threshold(replace(sample, scores=sample.scores[::-1]), 0.05) == 1.0, "answers that are no good"


def test_true_probabilities_show_an_error_at_the_floor_and_none_without_chance() -> None:
    small = exact(100)
    level, spread = floor(small)
    assert level > 0.06, "few examples, and the error of exact probabilities is far above zero"
    assert abs(calibration_error(small.scores.max(axis=1), small.right) - level) < 3 * spread
    assert debiased_error(exact(5000)) < 0.02
    low, high = interval(small)
    assert 0 < low < high < 1


def test_what_is_called_by_one_name_is_one_number() -> None:
    """In results, as metrics, and with --calibration; the true label of the first answer was all but ruled out."""
    sample = exact(200)
    scores = sample.scores.copy()
    scores[0] = np.where(sample.truths[0], 1e-11, 1 / (LABELS - 1))
    sample = replace(sample, scores=scores)
    figures = figures_of(sample, Judgement(Calibration.identity(LABELS)))
    for metric in (accuracy, brier, ece, metrics_nll):
        assert figures.metric(metric.__name__) == round(metric(sample.scores, sample.targets), 4)
    assert nll(sample).mean() == pytest.approx(metrics_nll(sample.scores, sample.targets))


def test_the_diagram_counts_every_answer_once() -> None:
    sample = exact(500)
    bins = diagram(sample)
    assert sum(b.n for b in bins) == 500
    assert sum(b.n * b.accuracy for b in bins) == pytest.approx(sample.right.sum())


def test_risk_rises_from_the_surest_answers_to_all() -> None:
    sample = exact(2000)
    share, risk = risk_coverage(sample)
    assert share[-1] == 1.0
    assert risk[-1] == pytest.approx(1 - sample.right.mean())
    assert risk[199] < risk[999] < risk[-1]
    points = curve(sample)
    assert [p.answered for p in points] == pytest.approx([k / 20 for k in range(1, 21)])
    assert [p.risk for p in points] == pytest.approx(risk[99::100])
    few = curve(sample.rows(np.arange(3)))
    assert [p.answered for p in few] == pytest.approx([1 / 3, 2 / 3, 1.0]), "no more points than answers"


def test_figures_hold_what_was_asked() -> None:
    sample = exact(400)
    plain = Calibration.identity(LABELS)
    figures = figures_of(sample, Judgement(plain, fit_label_sets(sample, 0.9), 0.5))
    assert figures.n == 400
    assert figures.covered == pytest.approx(0.9, abs=0.02)
    assert 0 < figures.risk < 1 - sample.right.mean()
    assert figures_of(sample, Judgement(plain)).covered is None


def test_folds_do_not_run_across_a_speaker() -> None:
    sample = exact(100)
    place = folds(sample)
    for name in set(sample.groups):
        assert len(set(place[sample.groups == name])) == 1
    assert len(set(folds(replace(sample, groups=np.full(100, ""))))) == 5


def test_every_data_set_counts_the_same() -> None:
    whole = joined([exact(300), exact(30, seed=1)])
    assert whole.weights[:300].sum() == pytest.approx(0.5)
    assert whole.weights.sum() == pytest.approx(1.0)


def test_what_is_saved_is_read(tmp_path: Path) -> None:
    sample = exact(20)
    path = tmp_path / "voice.npz"
    path.write_bytes(save(sample, ["voice"], ["ravdess train"]))
    again, modalities, names = load(path)
    np.testing.assert_array_equal(again.scores, sample.scores)
    np.testing.assert_array_equal(again.measures["voice"]["snr_db"], sample.measures["voice"]["snr_db"])
    assert (modalities, names) == (frozenset(["voice"]), ["ravdess train"])


def test_answers_that_cannot_be_told_apart_are_all_right() -> None:
    tie: Float32 = np.asarray([[0.5, 0.5, 0.0, 0.0]], np.float32)
    assert Sample.of(tie, tie).right.all()


@pytest.mark.parametrize("seed", range(4))
def test_answers_that_are_all_right_but_unsure_are_fitted_without_overflow(seed: int) -> None:
    """On separable data the likelihood grows with the scale for ever. A warning is an error here."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, 50)
    truths = np.eye(3, dtype=np.float32)[labels]
    scores = normalised((0.02 * truths + 0.002 * rng.normal(size=(50, 3))).astype(np.float32))
    found = fit_calibration(Sample.of(scores, truths, [f"person-{i % 5}" for i in range(50)]), {})
    assert np.isfinite(found.calibration.scale).all()
    assert found.calibration.scale.min() > 10, "much surer than the scores were"
