"""The course of a person's measures over recordings: the baseline, the changes, and typed-in scores beside them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mien.errors import InputError
from mien.scenarios.change.reliable import FEWEST, Change, changes
from mien.scenarios.measures.defined import defined
from mien.scenarios.store.kept import Score, Session

NEAR = 7
"""Days that may lie between a typed-in score and the recording that it is compared with."""

LEAST_PAIRS = 5
"""Pairs that a correlation needs."""

_USUAL = 5  # recordings of a baseline, where there are more
_UNITS = {m.name: m.unit for m in defined()}
_WATCHED = tuple(m.name for m in defined() if m.watched)


@dataclass(frozen=True)
class Correlation:
    """How a typed-in score and a measure go together: Pearson's r with its 95 % interval (Fisher 1921), and how many pairs.

    ``r`` is ``None`` with too few pairs, or where one of both never changes.
    """

    score: str
    measure: str
    r: float | None
    low: float | None
    high: float | None
    pairs: int


@dataclass(frozen=True)
class Course:
    """A person over time.

    Attributes:
        person: the pseudonym.
        purpose: what the recordings were read for.
        sessions: those that can be compared, in order of days.
        baseline: how many of the first are the baseline.
        changes: for each session, {measure: change}; empty for those of the baseline.
        scores: the typed-in scores in order of days.
        correlations: of each score with each watched measure.
        left_out: how many sessions were read by other definitions or another bundle.
    """

    person: str
    purpose: str
    sessions: tuple[Session, ...]
    baseline: int
    changes: tuple[Mapping[str, Change], ...]
    scores: tuple[Score, ...]
    correlations: tuple[Correlation, ...]
    left_out: int

    @property
    def latest(self) -> Session:
        """The last session."""
        return self.sessions[-1]

    @property
    def compared(self) -> bool:
        """Whether the baseline is large enough."""
        return self.baseline >= FEWEST


def course(
    person: str, purpose: str, sessions: Sequence[Session], scores: Sequence[Score] = (), baseline: int | None = None
) -> Course:
    """The course of a person.

    Args:
        person, purpose: whose it is, and what for.
        sessions: in order of days.
        scores: the typed-in ones.
        baseline: how many of the first recordings are the baseline; without it all but the last, and at most five.

    Raises:
        InputError: there is no session, or the baseline leaves none to compare.
    """
    if not sessions:
        raise InputError(f"the store has no recording of '{person}' for this purpose; mien session add keeps one")
    kind = (sessions[-1].version, sessions[-1].bundle)
    alike = tuple(s for s in sessions if (s.version, s.bundle) == kind)
    first = min(_USUAL, len(alike) - 1) if baseline is None else baseline
    if baseline is not None and not 0 < baseline < len(alike):
        raise InputError(
            f"--baseline {baseline} leaves nothing to compare: there are {len(alike)} recordings; name fewer"
        )
    usual = [s.values for s in alike[:first]]
    found = tuple({} if n < first else changes(usual, s.values, _UNITS, _WATCHED) for n, s in enumerate(alike))
    return Course(
        person, purpose, alike, first, found, tuple(scores), correlations(alike, scores), len(sessions) - len(alike)
    )


def correlations(sessions: Sequence[Session], scores: Sequence[Score]) -> tuple[Correlation, ...]:
    """Of each kind of score with each watched measure. A score goes with the recording of the nearest day, within a week."""
    found = []
    for name in dict.fromkeys(score.name for score in scores):
        mine = [
            (score, near) for score in scores if score.name == name and (near := _near(score, sessions)) is not None
        ]
        for measure in _WATCHED:
            pairs = [(score.value, near.values[measure].value) for score, near in mine if measure in near.values]
            found.append(_correlation(name, measure, pairs))
    return tuple(found)


def _near(score: Score, sessions: Sequence[Session]) -> Session | None:
    best = min(sessions, key=lambda s: abs((s.day - score.day).days), default=None)
    return best if best is not None and abs((best.day - score.day).days) <= NEAR else None


def _correlation(score: str, measure: str, pairs: Sequence[tuple[float, float]]) -> Correlation:
    n = len(pairs)
    nothing = Correlation(score, measure, None, None, None, n)
    if n < LEAST_PAIRS:
        return nothing
    ones, others = zip(*pairs, strict=True)
    a, b = math.fsum(ones) / n, math.fsum(others) / n
    squares = math.fsum((x - a) ** 2 for x in ones) * math.fsum((y - b) ** 2 for y in others)
    if squares <= 0:
        return nothing
    r = math.fsum((x - a) * (y - b) for x, y in pairs) / math.sqrt(squares)
    z, reach = math.atanh(max(-0.999999, min(0.999999, r))), 1.96 / math.sqrt(n - 3)
    return Correlation(score, measure, r, math.tanh(z - reach), math.tanh(z + reach), n)
