"""Says which pieces of speech in a clip have the same voice."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mien.media.voices.pieces import Piece, unit
from mien.types import Float32

LEAST = 1.0
"""Seconds; a shorter piece gets the voice that it resembles most, and never makes a new one."""

# Two groups of pieces are two people when the mean cosine between them is below ``_APART + _FIRM * within``. Here ``within`` is
# the mean cosine inside the groups. It is high in calm speech, where other people are nearer, too.
_APART, _FIRM = 0.24, 0.4
_ENOUGH = 4.0  # seconds of speech of each of two people before they are told apart
_TURN = 0.2  # how much more alike, in cosine times seconds, a change of voice without a pause must make the pieces
_HELD = 2000  # pieces that are remembered, about an hour of talk; each takes 1 kB
_AT_ONCE = 200  # stretches that are numbered at once
_DIRECTIONS = 4  # in which a division into two groups is searched


class Voices:
    """Numbers the voices of a clip from 1, in the order in which they are told apart, one page after the other.

    With every page, all pieces so far are divided into groups anew. Groups are divided in two, as long as the halves are
    unlike: the mean cosine between them is low beside that inside them. A group keeps the number that most of its speech had
    before, so numbers stay the same over pages, and what was said stays said.

    The threshold is chosen so that a person remains one person when the emotion changes. The price is that two people with
    voices that are alike often count as one; docs/architecture.md has the figures.
    """

    def __init__(self) -> None:
        self._voices: deque[Float32] = deque(maxlen=_HELD)
        self._seconds: deque[float] = deque(maxlen=_HELD)
        self._numbers: deque[int] = deque(maxlen=_HELD)
        self._count = 0

    def number(self, stretches: Sequence[Sequence[Piece]]) -> list[list[int]]:
        """The number of the voice of each piece of each stretch of speech of a page."""
        found: list[list[int]] = []
        for at in range(0, len(stretches), _AT_ONCE):
            found += self._number(stretches[at : at + _AT_ONCE])
        return found

    def _number(self, stretches: Sequence[Sequence[Piece]]) -> list[list[int]]:
        new = [piece for stretch in stretches for piece in stretch]
        # A clip of short utterances alone has voices too.
        new = [p for p in new if p.span.duration >= LEAST] or ([] if self._numbers else new)
        self._voices.extend(p.voice for p in new)
        self._seconds.extend(p.span.duration for p in new)
        self._numbers.extend([0] * len(new))
        known, seconds = np.asarray(self._voices), np.asarray(self._seconds)
        groups = divide(known, seconds)
        names = self._named(groups, seconds)
        old = np.asarray(self._numbers)
        self._numbers = deque(np.where(old > 0, old, np.asarray(names)[groups]).tolist(), maxlen=_HELD)
        centres = np.stack([unit(_mean(known[groups == g], seconds[groups == g])) for g in range(len(names))])
        return [[names[g] for g in _turns(stretch, centres)] for stretch in stretches]

    def _named(self, groups: NDArray[np.int64], seconds: NDArray[np.float64]) -> list[int]:
        """The number of each group: the one that most of its speech had, or else a new one."""
        numbers, count = np.asarray(self._numbers), int(groups.max()) + 1
        shared = sorted(
            (-float(seconds[(groups == g) & (numbers == n)].sum()), int(n), g)
            for g in range(count)
            for n in np.unique(numbers[(groups == g) & (numbers > 0)])
        )
        names: dict[int, int] = {}
        for _, number, group in shared:
            if group not in names and number not in names.values():
                names[group] = number
        for group in range(count):
            if group not in names:
                self._count += 1
                names[group] = self._count
        return [names[g] for g in range(count)]


def divide(voices: Float32, seconds: NDArray[np.float64]) -> NDArray[np.int64]:
    """The group of each piece, int64 (N,), numbered from 0 in order of appearance.

    Args:
        voices: float32 (N, 256), each of length 1.
        seconds: float64 (N,), the weight of each piece.
    """
    groups = np.zeros(len(voices), np.int64)
    waiting = [0]
    while waiting:
        group = waiting.pop()
        members = np.flatnonzero(groups == group)
        second = _halves(voices[members], seconds[members])
        if second is not None:
            new = int(groups.max()) + 1
            groups[members[second]] = new
            waiting += [group, new]
    order = list(dict.fromkeys(groups.tolist()))
    return np.asarray([order.index(g) for g in groups.tolist()], np.int64)


def _halves(voices: Float32, seconds: NDArray[np.float64]) -> NDArray[np.bool_] | None:
    """Which pieces belong to the second of two people; ``None`` for one person.

    Spherical 2-means, started from the directions in which the pieces differ most.
    """
    if len(voices) < 2 or seconds.sum() < 2 * _ENOUGH:
        return None
    from_mean = voices - _mean(voices, seconds)
    directions = np.linalg.svd(from_mean * np.sqrt(seconds)[:, None], full_matrices=False)[2][:_DIRECTIONS]
    best: NDArray[np.bool_] | None = None
    reached = -np.inf
    for direction in directions:
        second = _settled(voices, seconds, from_mean @ direction > 0)
        if second is None:
            continue
        fit = sum(float(np.linalg.norm(seconds[half] @ voices[half])) for half in (second, ~second))
        if fit > reached:
            best, reached = second, fit
    if best is None or min(seconds[best].sum(), seconds[~best].sum()) < _ENOUGH:
        return None
    # The product of two means of vectors of length 1 is the mean cosine of all pairs.
    across = float(_mean(voices[best], seconds[best]) @ _mean(voices[~best], seconds[~best]))
    within = (_within(voices[best], seconds[best]) + _within(voices[~best], seconds[~best])) / 2
    return best if across < _APART + _FIRM * within else None


def _within(voices: Float32, seconds: NDArray[np.float64]) -> float:
    """The mean cosine of all pairs of a group; 1 for a single piece."""
    alone = float((seconds**2).sum())
    pairs = float(seconds.sum() ** 2) - alone
    return (float(np.linalg.norm(seconds @ voices) ** 2) - alone) / pairs if pairs > 0 else 1.0


def _settled(voices: Float32, seconds: NDArray[np.float64], second: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
    """Two groups in which every piece is nearest to its own centre; ``None`` when one of them is empty."""
    for _ in range(10):
        if second.all() or not second.any():
            return None
        here, there = (unit(_mean(voices[half], seconds[half])) for half in (~second, second))
        moved = voices @ there > voices @ here
        if (moved == second).all():
            break
        second = moved
    return second if second.any() and not second.all() else None


def _turns(stretch: Sequence[Piece], centres: Float32) -> list[int]:
    """The group of each piece of a stretch: the most alike, with as few changes as possible (Viterbi)."""
    best = np.zeros(len(centres))
    came: list[NDArray[np.int64]] = []
    for piece in stretch:
        changed = int(np.argmax(best))
        stays = best >= best[changed] - _TURN
        came.append(np.where(stays, np.arange(len(centres)), changed))
        best = np.where(stays, best, best[changed] - _TURN) + piece.span.duration * (centres @ piece.voice)
    found = [int(np.argmax(best))]
    for before in reversed(came[1:]):
        found.append(int(before[found[-1]]))
    return found[::-1]


def _mean(voices: Float32, seconds: NDArray[np.float64]) -> Float32:
    return np.asarray(seconds @ voices / seconds.sum(), np.float32)
