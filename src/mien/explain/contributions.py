"""What each modality contributed to an answer: exact Shapley values over all subsets of those that are present.

The value v(S) of a subset S is the calibrated probability of the answered label when only S is read; v of the empty
subset is what the bundle answers to nothing at all (``Bundle.prior``). With at most three modalities all subsets are run,
so nothing is sampled.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from math import factorial

from mien.bundle.answer import Subset
from mien.types import MODALITIES, Modality


def contributions(values: Mapping[Subset, float]) -> dict[Modality, float]:
    """Shapley values (Shapley 1953): signed, and together v(all) - v(empty).

    Args:
        values: v of every subset of the modalities present, the empty one too.
    """
    players = _players(values)
    found = {}
    for m in players:
        steps = ((s, values[s | {m}] - before) for s, before in values.items() if m not in s)
        found[m] = sum(_weight(len(s), len(players)) * step for s, step in steps)
    return found


def interactions(values: Mapping[Subset, float]) -> dict[tuple[Modality, Modality], float]:
    """Shapley interaction index of each pair (Grabisch and Roubens 1999).

    It is above zero where two modalities give more together than one after the other, and below zero where they repeat or
    contradict one another.
    """
    players = _players(values)
    found = {}
    for a, b in combinations(players, 2):
        apart = [s for s in values if not s & {a, b}]
        steps = ((s, values[s | {a, b}] - values[s | {a}] - values[s | {b}] + values[s]) for s in apart)
        found[a, b] = sum(_weight(len(s), len(players) - 1) * step for s, step in steps)
    return found


def shares(contributed: Mapping[Modality, float]) -> dict[Modality, float]:
    """Absolute contributions as parts of 1; equal parts where nothing contributed."""
    total = sum(map(abs, contributed.values()))
    return {m: abs(value) / total if total > 0 else 1 / len(contributed) for m, value in contributed.items()}


def _players(values: Mapping[Subset, float]) -> list[Modality]:
    everybody = max(values, key=len)
    return [m for m in MODALITIES if m in everybody]


def _weight(before: int, count: int) -> float:
    """How probable it is, over all orders of ``count`` players, that exactly these ``before`` come first."""
    return factorial(before) * factorial(count - before - 1) / factorial(count)
