"""Shapley values: known games, and real answers."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from mien import analyze
from mien.bundle.answer import Subset
from mien.bundle.bundle import Bundle
from mien.explain.contributions import contributions, interactions, shares
from mien.samples import demo_clip
from mien.types import MODALITIES, Modality

ALL: list[Subset] = [frozenset(c) for size in range(4) for c in combinations(MODALITIES, size)]


def test_a_game_known_from_the_books() -> None:
    """One owner (text) and two workers, Osborne and Rubinstein 1994, example 259.3: a worker adds only where the owner is."""
    values = {s: (len(s) - 1.0) if "text" in s else 0.0 for s in ALL}
    assert contributions(values) == pytest.approx({"text": 1.0, "voice": 0.5, "face": 0.5})
    assert interactions(values) == pytest.approx(
        {("text", "voice"): 1.0, ("text", "face"): 1.0, ("voice", "face"): 0.0}
    )


def test_contributions_sum_exactly_and_who_adds_nothing_gets_nothing() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        drawn = {s: float(rng.random()) for s in ALL}
        assert sum(contributions(drawn).values()) == pytest.approx(drawn[ALL[-1]] - drawn[frozenset()], abs=1e-12)
        idle = {s: drawn[s - {"face"}] for s in ALL}
        assert contributions(idle)["face"] == pytest.approx(0.0, abs=1e-15)
        assert all(v == pytest.approx(0.0, abs=1e-15) for pair, v in interactions(idle).items() if "face" in pair)
        additive = {s: sum(drawn[frozenset([m])] for m in s) for s in ALL}
        assert contributions(additive) == pytest.approx({m: drawn[frozenset([m])] for m in MODALITIES})
        assert interactions(additive) == pytest.approx(dict.fromkeys(combinations(MODALITIES, 2), 0.0), abs=1e-12)


def test_one_modality_has_it_all() -> None:
    values: dict[Subset, float] = {frozenset(): 0.25, frozenset(["voice"]): 0.1}
    assert contributions(values) == {"voice": pytest.approx(-0.15)}
    assert interactions(values) == {}


def test_shares_are_sizes_without_signs() -> None:
    given: dict[Modality, float] = {"text": -0.3, "face": 0.1}
    assert shares(given) == pytest.approx({"text": 0.75, "face": 0.25})
    assert shares({"text": 0.0, "face": 0.0}) == {"text": 0.5, "face": 0.5}


def test_every_answer_is_taken_apart_exactly() -> None:
    bundle = Bundle.load("research")
    assert bundle.prior["emotion"] == pytest.approx(np.full(7, 1 / 7), abs=1e-6)
    timeline = analyze(demo_clip())
    assert {len(p.contributions) for p in timeline.predictions} == {1, 3}
    for p in timeline.predictions:
        assert sum(p.contributions.values()) == pytest.approx(p.scores[p.label] - 1 / 7, abs=1e-6)
        assert sum(p.shares.values()) == pytest.approx(1.0)
        assert p.shares == shares(p.contributions)
        assert len(p.interactions) == (3 if len(p.contributions) == 3 else 0)
