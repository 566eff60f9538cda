"""Labels that were flipped on purpose are found, and drafts in view draw votes."""

from __future__ import annotations

import numpy as np
import pytest

from mien.agreement.anchoring import Seen, anchoring
from mien.agreement.suspicious import suspicious


def flipped(seed: int = 0):  # type: ignore[no-untyped-def]  # three arrays
    """Labels of which 10 % are flipped, and probabilities of a model that is right most of the time."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 4, 400)
    logits = rng.normal(0, 1, (400, 4)) + 2.5 * np.eye(4)[truth]
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    given = truth.copy()
    wrong = rng.choice(400, 40, replace=False)
    given[wrong] = (given[wrong] + rng.integers(1, 4, 40)) % 4
    return given, probabilities, set(wrong.tolist())


def test_flipped_labels_come_first() -> None:
    given, probabilities, wrong = flipped()
    found = suspicious(given, probabilities)
    assert np.mean([s.place in wrong for s in found[:20]]) > 0.85
    assert [s.confidence for s in found] == sorted(s.confidence for s in found)


@pytest.mark.slow
def test_they_are_those_of_cleanlab() -> None:
    package = pytest.importorskip("cleanlab.filter", reason="needs cleanlab: pip install '.[dev]'")
    given, probabilities, _ = flipped()
    theirs = package.find_label_issues(given, probabilities, filter_by="confident_learning", n_jobs=1)
    assert {s.place for s in suspicious(given, probabilities)} == set(np.flatnonzero(theirs).tolist())


def test_nothing_is_suspicious_where_nothing_is_known() -> None:
    assert suspicious(np.zeros(0, np.int64), np.zeros((0, 3))) == []
    assert suspicious(np.zeros(5, np.int64), np.full((5, 3), 1 / 3)) == []


def test_drafts_in_view_draw_votes() -> None:
    rng = np.random.default_rng(0)
    votes = [Seen(f"u{n}", n % 2 == 0, bool(rng.random() < (0.8 if n % 2 == 0 else 0.5))) for n in range(400)]
    found = anchoring(votes)
    assert found.effect == pytest.approx(0.3, abs=0.1)
    assert found.low is not None
    assert found.low > 0.1
    assert (found.votes_shown, found.votes_hidden) == (200, 200)


def test_without_a_control_share_nothing_is_said() -> None:
    found = anchoring([Seen("u", True, True)])
    assert (found.shown, found.hidden, found.effect) == (1.0, None, None)
