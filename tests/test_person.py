"""The person baseline: its arithmetic, what it makes learnable, and that a bundle applies the same one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mien.errors import RecipeError
from mien.events import Answered
from mien.explain.kept import Meanwhile
from mien.media.segmenting import Opened
from mien.person import Usual
from mien.pipeline import Analyzer
from mien.recipe.recipe import FeatureTable, Recipe, Source, Target
from mien.recipe.sections import EncoderTable, Training
from mien.training.population import Utterance, fit_population
from mien.types import Float32, Modality, Segment, Span, Track
from tests import tiny
from tests.tiny import bundle_of

PEOPLE, CLIPS = 12, 8


def write_voices(root: Path) -> None:
    """``root/voices.npz``: people whose habits differ far more than what they express; only the difference tells the label."""
    rng = np.random.default_rng(0)
    habits = rng.normal(0, 5, (PEOPLE, 1, 4))
    label = np.tile(np.arange(CLIPS) % 2, (PEOPLE, 1))
    values = habits + rng.normal(0, 0.2, (PEOPLE, CLIPS, 4))
    values[..., 0] += label
    splits = np.repeat(np.asarray(["train"] * 8 + ["valid"] * 2 + ["test"] * 2), CLIPS)
    np.savez(
        root / "voices.npz",
        id=np.arange(PEOPLE * CLIPS),
        speaker=np.repeat([f"s{i}" for i in range(PEOPLE)], CLIPS),
        emotion=np.where(label.reshape(-1), "happy", "sad"),
        split=splits,
        pitch=values.reshape(-1, 4).astype(np.float32),
    )


def recipe(baseline: str) -> Recipe:
    table = EncoderTable("features", {"modality": "voice", "size": 4, "hidden": 8, "dropout": 0.0}, baseline=baseline)
    return Recipe(
        f"voices-{baseline or 'none'}",
        {"voice": table},
        (
            Source(
                "voices", "voices.npz", {"id": "id"}, {"emotion": Target("emotion")}, {"voice": FeatureTable("pitch")}
            ),
        ),
        train=Training(epochs=30, batch=8, lr=0.01, keep="last"),
    )


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    write_voices(tmp_path)
    return tmp_path


def people(count: int, rows: int, between: float, within: float) -> list[Utterance]:
    rng = np.random.default_rng(0)
    habits = rng.normal(0, between, (count, 1, 2))
    values = (2.0 + habits + rng.normal(0, within, (count, rows, 2))).astype(np.float32)
    return [Utterance(f"s{i}", "set", v, None) for i, v in enumerate(values)]


def speakers(count: int = 30, clips: int = 8) -> list[Utterance]:
    """People with habits in both features; the label adds 2 to the first one, or takes 2 away."""
    rng = np.random.default_rng(0)
    found = []
    for who in range(count):
        habit = rng.normal(0, 3, 2)
        for clip in range(clips):
            shift = np.asarray([2.0 if clip % 2 else -2.0, 0.0])
            found.append(
                Utterance(f"s{who}", "set", (habit + shift + rng.normal(0, 0.3, (1, 2))).astype(np.float32), clip % 2)
            )
    return found


def unlabelled(strength: list[float]) -> Usual:
    return Usual(np.asarray(strength, np.float32))


def rows(values: Float32) -> Float32:
    """Rows for ``Usual`` of which the labels explain nothing."""
    return np.concatenate([values, np.zeros_like(values)], axis=1)


def test_a_population_tells_variance_within_people_from_that_between() -> None:
    population = fit_population(people(400, 20, between=3.0, within=1.5), 0)
    np.testing.assert_allclose(population.centre, 2.0, atol=0.5)
    np.testing.assert_allclose(population.scale, 1.5, rtol=0.03)
    np.testing.assert_allclose(population.strength, (1.5 / 3.0) ** 2, rtol=0.15)
    with pytest.raises(ValueError, match="at least two people"):
        fit_population(people(1, 20, 1.0, 1.0), 0)


def test_what_labels_add_is_found_under_the_habits_of_people() -> None:
    population = fit_population(speakers(), 2)
    np.testing.assert_allclose(population.effects[:, 0] * population.scale[0], [-2.0, 2.0], atol=0.1)
    np.testing.assert_allclose(population.effects[:, 1], 0.0, atol=0.1)


def test_somebody_who_shows_one_label_only_is_not_read_as_usual() -> None:
    """The second label alone would be the person's mean; what it explains of the mean stays."""
    population = fit_population(speakers(), 2)
    one = [u.values for u in speakers() if u.person == "s3" and u.label == 1]
    corrected, naive = Usual(population.strength), Usual(population.strength)
    for values in one * 5:
        known = population.standardise(values, label=1)
        corrected.observe(known)
        naive.observe(np.where(np.arange(known.shape[1]) < 2, known, 0.0))
    now = population.standardise(one[0])
    shift = float(2.0 / population.scale[0])
    assert corrected.normalise(now)[0, 0] > 0.5 * shift
    assert naive.normalise(now)[0, 0] < 0.35 * shift


def test_with_nothing_known_nothing_changes() -> None:
    values = np.asarray([[1.0, -2.0]], np.float32)
    np.testing.assert_array_equal(unlabelled([1.0, 1.0]).normalise(rows(values)), values)


def test_what_two_clips_show_of_a_person_adds_up() -> None:
    values = rows(np.random.default_rng(1).normal(1.0, 2.0, (50, 2)).astype(np.float32))
    whole, first = unlabelled([1.0, 1.0]), unlabelled([1.0, 1.0])
    second = first.beginning()
    whole.observe(values)
    first.observe(values[:20])
    second.observe(values[20:])
    first.include(second)
    np.testing.assert_allclose(first.normalise(values), whole.normalise(values), rtol=1e-5)


def test_with_much_known_it_is_the_persons_own_mean_and_deviation() -> None:
    values = rows(np.random.default_rng(0).normal(3.0, 2.0, (20_000, 2)).astype(np.float32))
    usual = unlabelled([1.0, 1.0])
    usual.observe(values)
    np.testing.assert_allclose(usual.normalise(values).mean(axis=0), 0.0, atol=0.01)
    np.testing.assert_allclose(usual.normalise(values).std(axis=0), 1.0, atol=0.01)


def test_the_mean_is_shrunk_by_its_strength() -> None:
    usual = unlabelled([4.0])
    usual.observe(rows(np.asarray([[5.0]], np.float32)))
    deviation = np.sqrt(4.0 / (1 + 4.0))
    np.testing.assert_allclose(
        usual.normalise(rows(np.asarray([[5.0]], np.float32))), [[(5.0 - 1.0) / deviation]], rtol=1e-6
    )


@pytest.mark.slow
def test_what_differs_from_the_person_is_learned_only_with_the_baseline(root: Path) -> None:
    found = {}
    for baseline in ("", "known"):
        bundle = bundle_of(recipe(baseline), [0], root, root / "runs")
        found[baseline] = {r.metric: r.value for r in bundle.table.evaluation}["accuracy"]
        assert list(bundle.populations) == (["voice"] if baseline else [])
    assert found["known"] >= 0.9
    assert found[""] < 0.75


@pytest.mark.slow
def test_analysis_uses_what_the_clip_has_shown_so_far(root: Path) -> None:
    bundle_of(recipe("growing"), [0], root, root / "runs")
    analyzer = Analyzer(root / "runs/voices-growing/seed0/bundle")
    habit = np.asarray([30.0, -20.0, 9.0, 4.0], np.float32)

    def said(happy: float, who: str = "person-1") -> Segment:
        values = (habit + np.asarray([happy, 0, 0, 0], np.float32))[None]
        return Segment(Span(0.0, 1.0), who, features={"voice": Track(np.zeros(1), values)})

    read = Meanwhile({}, fixed=False)
    for i in range(40):
        list(analyzer._answer(said(float(i % 2)), Opened("voices"), read))
    events = [e for h in (0.0, 1.0) for e in analyzer._answer(said(h), Opened("voices"), read)]
    assert [e.prediction.label for e in events if isinstance(e, Answered)] == ["sad", "happy"]
    assert [p.label for p in analyzer._revised(read)] == ["sad", "happy"] * 21, "also the first ones, at the end"
    assert ("voice", "person-2") not in read.people


@pytest.mark.slow
def test_a_killed_run_with_a_baseline_resumes(root: Path) -> None:
    once = bundle_of(recipe("growing"), [0], root, root / "runs")
    again = bundle_of(recipe("growing"), [0], root, root / "runs", resume=True)
    assert again.sha256 == once.sha256


def test_pixels_have_no_baseline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    tiny.write_pictures(tmp_path)
    plan = tiny.recipe()
    faces: dict[Modality, EncoderTable] = {"face": replace(plan.encoders["face"], baseline="known")}
    with pytest.raises(RecipeError, match="freeze its encoder"):
        bundle_of(replace(plan, encoders=faces), [0], tmp_path, tmp_path / "runs")


@pytest.mark.slow
def test_a_frozen_encoder_runs_once_and_may_have_a_baseline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What never learns is computed once for each clip: the tracks that training reads are its states."""
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    tiny.write_pictures(tmp_path)
    first = tiny.recipe(epochs=6)
    bundle_of(first, [0], tmp_path, tmp_path / "runs")
    start = EncoderTable("face_cnn", {"width": 4}, start="tiny/seed{seed}")
    for baseline in ("", "known"):
        plan = replace(
            tiny.recipe(epochs=12, learn=("fusion", "heads"), lr=0.05),
            name=f"frozen-{baseline or 'none'}",
            encoders={"face": replace(start, baseline=baseline)},
        )
        bundle = bundle_of(plan, [0], tmp_path, tmp_path / "runs")
        assert {r.metric: r.value for r in bundle.table.evaluation}["accuracy"] >= 0.9
        kept = [np.load(p) for p in (tmp_path / "cache/tracks").glob("*/values.npy")]
        assert any(v.dtype == np.float32 and v.ndim == 2 for v in kept), "states of the trunk, not pixels"
