"""What each modality contributed to an answer: exact Shapley values over all subsets of the present modalities.

The value v(S) of a subset S is the calibrated probability of the answered label when the bundle gets only S. For the empty
subset, v comes from ``Bundle.prior``. There are at most three modalities, so all subsets are run and nothing is sampled.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from math import factorial
from typing import TypeVar

from mien.types import MODALITIES

P = TypeVar("P", bound=str)
"""A player: a modality, or a language model."""


def contributions(values: Mapping[frozenset[P], float]) -> dict[P, float]:
    """Shapley values (Shapley 1953). They are signed, and their sum is v(all) - v(empty).

    Args:
        values: v of every subset of the present modalities, with the empty one. A language model may be one more player.
    """
    players = _players(values)
    found = {}
    for m in players:
        steps = ((s, values[s | {m}] - before) for s, before in values.items() if m not in s)
        found[m] = sum(_weight(len(s), len(players)) * step for s, step in steps)
    return found


def interactions(values: Mapping[frozenset[P], float]) -> dict[tuple[P, P], float]:
    """Shapley interaction index of each pair (Grabisch and Roubens 1999).

    It is above zero when two modalities together give more than the sum of each alone. It is below zero when they repeat or
    contradict each other.
    """
    players = _players(values)
    found = {}
    for a, b in combinations(players, 2):
        apart = [s for s in values if not s & {a, b}]
        steps = ((s, values[s | {a, b}] - values[s | {a}] - values[s | {b}] + values[s]) for s in apart)
        found[a, b] = sum(_weight(len(s), len(players) - 1) * step for s, step in steps)
    return found


def shares(contributed: Mapping[P, float]) -> dict[P, float]:
    """Absolute contributions, scaled so that they sum to 1; equal shares when nothing contributed."""
    total = sum(map(abs, contributed.values()))
    return {m: abs(value) / total if total > 0 else 1 / len(contributed) for m, value in contributed.items()}


def _players(values: Mapping[frozenset[P], float]) -> list[P]:
    """The modalities in their order, then the others."""
    order = {name: at for at, name in enumerate(MODALITIES)}
    everybody: frozenset[P] = max(values, key=len)
    return sorted(everybody, key=lambda name: order.get(name, len(order)))  # type: ignore[call-overload]  # names are text


def _weight(before: int, count: int) -> float:
    """The share of all orders of ``count`` players in which a player comes right after ``before`` given others."""
    return factorial(before) * factorial(count - before - 1) / factorial(count)
