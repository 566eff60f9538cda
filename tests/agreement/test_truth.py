"""Models of annotators, on votes whose truth is known and against crowd-kit."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from mien.agreement.truth import MODELS, dawid_skene, mace, shares
from mien.agreement.votes import Votes

LABELS = ("angry", "happy", "sad")
SKILL = (0.9, 0.85, 0.8, 0.35, 0.34)


def crowd(units: int = 300, seed: int = 0) -> tuple[Votes, NDArray[np.int64]]:
    """Votes of five annotators; the last two guess."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, units)
    rows = []
    for n, label in enumerate(truth):
        for a, skill in enumerate(SKILL):
            vote = label if rng.random() < skill else rng.integers(0, 3)
            rows.append((f"u{n}", f"a{a}", LABELS[vote]))
    return Votes.of(rows, LABELS), truth


@pytest.mark.parametrize("name", ["dawid_skene", "mace"])
def test_a_model_beats_the_shares_and_finds_who_guesses(name: str) -> None:
    votes, truth = crowd()
    found = MODELS[name](votes)
    right = (found.soft.argmax(axis=1) == truth).mean()
    assert right > (shares(votes).soft.argmax(axis=1) == truth).mean()
    assert found.reliability[:3].min() > found.reliability[3:].max() + 0.2
    assert found.soft.sum(axis=1) == pytest.approx(1)
    assert found.confusion.sum(axis=2) == pytest.approx(1)


def frame(votes: Votes):  # type: ignore[no-untyped-def]  # a table of pandas
    pandas = pytest.importorskip("pandas")
    names = {"task": votes.unit, "worker": votes.annotator, "label": [votes.labels[n] for n in votes.label]}
    return pandas.DataFrame(names)


@pytest.mark.slow
def test_dawid_skene_is_that_of_crowd_kit() -> None:
    kit = pytest.importorskip("crowdkit.aggregation", reason="needs crowd-kit: pip install '.[dev]'")
    votes, _ = crowd()
    theirs = kit.DawidSkene(n_iter=200, tol=1e-9).fit(frame(votes))
    ours = dawid_skene(votes, smoothing=0.0)
    assert np.abs(theirs.probas_[list(LABELS)].to_numpy() - ours.soft).max() < 1e-3


@pytest.mark.slow
def test_mace_agrees_with_crowd_kit() -> None:
    """Theirs is variational with random starts; labels and the order of the annotators are the same."""
    kit = pytest.importorskip("crowdkit.aggregation", reason="needs crowd-kit: pip install '.[dev]'")
    votes, _ = crowd()
    theirs = kit.MACE(n_restarts=3, random_state=0).fit(frame(votes))
    ours = mace(votes)
    answered = theirs.probas_[list(LABELS)].to_numpy().argmax(axis=1)
    assert (answered == ours.soft.argmax(axis=1)).mean() > 0.98


def test_votes_with_weights_count_as_much_as_they_weigh() -> None:
    entries = [("u", "a", "happy", 0.75), ("u", "a", "sad", 0.25)]
    assert shares(Votes.weighted(entries, LABELS)).soft.tolist() == [[0, 0.75, 0.25]]


@pytest.mark.parametrize("name", MODELS)
def test_one_annotator_is_enough(name: str) -> None:
    found = MODELS[name](Votes.of([("u", "a", "happy"), ("v", "a", "sad")], LABELS))
    assert found.soft.argmax(axis=1).tolist() == [1, 2]
