"""A talk as its own speaker sees it: minute by minute, the moments worth seeing again, and earlier talks beside it.

Liveliness is how far the pitch moves within moments of a few seconds, which goes with how lively listeners find a speaker
(Hincks 2005, System 33: measures and perceptions of liveliness in student oral presentation speech).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mien.metrics.base import Sums
from mien.scenarios.change.reliable import Change, changes
from mien.scenarios.measures.defined import defined
from mien.scenarios.measures.measures import Measure, Value, all_measured
from mien.scenarios.measures.moments import Moment, moments
from mien.scenarios.measures.observed import Recording
from mien.scenarios.reading import chosen, session
from mien.scenarios.store.kept import Session
from mien.timeline import best
from mien.types import Span

MONOTONE = 1.5
"""Semitones. A moment whose pitch deviates by less counts as monotone; the bound is our choice, and no published one."""

SHOWN = (
    "liveliness",
    "monotony",
    "speech_rate",
    "pause_share",
    "fillers",
    "loudness_variability",
    "facing",
    "face_range",
    "valence",
)
"""The measures of a talk, in the order in which they are shown."""

_LEAST_FRAMES = 15  # of known pitch, 0.3 s, without which a moment says nothing on liveliness
_CLEAR = 0.5  # probability of an emotion other than neutral that is worth seeing again

Reason = Literal["liveliest", "most_monotone", "fastest", "longest_pause", "turned_away", "clearest"]


@dataclass(frozen=True)
class Highlight:
    """A moment worth seeing again: when, why, a number that says how much, and the label for the clearest emotion."""

    span: Span
    reason: Reason
    value: float
    label: str = ""


@dataclass(frozen=True)
class Lecture:
    """A talk.

    Attributes:
        name: of the file.
        kept: all measures of the whole talk.
        minutes: {measure: value} for each minute; a minute without data is empty.
        highlights: moments worth seeing again, in order of time.
        changes: {measure: change} against earlier talks; empty with fewer than three of them.
        earlier: how many earlier talks there are.
    """

    name: str
    kept: Session
    minutes: tuple[Mapping[str, Value], ...]
    highlights: tuple[Highlight, ...]
    changes: Mapping[str, Change]
    earlier: int


def lecture(recording: Recording, day: date, who: str = "", earlier: Sequence[Session] = ()) -> Lecture:
    """The talk of one person.

    Args:
        recording: the recording, with its notes.
        day: of the talk.
        who: the speaker; "" for who speaks longest.
        earlier: the speaker's own earlier talks.

    Raises:
        InputError: nobody speaks in it, or nobody has this name.
    """
    found = moments(recording, chosen(recording, who))
    measures = of_talks()
    kept = session(recording, who, day, "own-recordings")
    values = all_measured(measures, found)
    kept = Session(**{**vars(kept), "values": {**kept.values, **values}})
    alike = [s.values for s in earlier if (s.version, s.bundle) == (kept.version, kept.bundle)]
    return Lecture(
        recording.timeline.source,
        kept,
        tuple(_minutes(found, measures, recording.timeline.duration)),
        tuple(sorted(_highlights(found), key=lambda h: h.span.start)),
        changes(alike, values, {m.name: m.unit for m in measures}, SHOWN),
        len(alike),
    )


def of_talks() -> tuple[Measure, ...]:
    """The measures of a talk."""
    known = {m.name: m for m in defined()}
    own = {
        "liveliness": Measure("liveliness", "semitones", 1, "voice", _lively, _mean),
        "monotony": Measure("monotony", "share", 2, "voice", _monotone, _mean),
    }
    return tuple({**known, **own}[name] for name in SHOWN)


def deviation(m: Moment) -> float | None:
    """How far the pitch of a moment deviates, semitones; ``None`` with less than 0.3 s of known pitch."""
    if m.note.voiced is None or m.state != "speaking" or m.note.voiced.pitch[0] < _LEAST_FRAMES:
        return None
    n, first, second = m.note.voiced.pitch
    return math.sqrt(max(second / n - (first / n) ** 2, 0.0))


def _lively(m: Moment) -> list[float] | None:
    found = deviation(m)
    return None if found is None else [found * m.said.weight, m.said.weight]


def _monotone(m: Moment) -> list[float] | None:
    found = deviation(m)
    return None if found is None else [float(found < MONOTONE) * m.said.weight, m.said.weight]


def _mean(sums: Sums) -> NDArray[np.float64]:
    return np.asarray(sums[..., 0] / sums[..., 1])


def _minutes(found: Sequence[Moment], measures: Sequence[Measure], duration: float) -> Iterator[Mapping[str, Value]]:
    """The values of each minute, of the moments whose middle lies in it."""
    for minute in range(max(1, math.ceil(duration / 60))):
        span = Span(60.0 * minute, 60.0 * (minute + 1))
        yield all_measured(measures, [m for m in found if m.said.span.middle in span], intervals=False)


def _highlights(found: Sequence[Moment]) -> Iterator[Highlight]:
    speaking = [m for m in found if m.state == "speaking"]
    kinds: list[tuple[Reason, Callable[[Moment], float | None], int]] = [
        ("liveliest", deviation, 1),
        ("most_monotone", deviation, -1),
        ("fastest", _pace, 1),
        ("longest_pause", lambda m: max(m.pauses, default=None), 1),
        ("turned_away", _away, 1),
    ]
    for reason, value, sign in kinds:
        known = [(v, m) for m in speaking if (v := value(m)) is not None]
        if len(known) > 1 and len({v for v, _ in known}) > 1:
            v, m = max(known, key=lambda pair: sign * pair[0])
            yield Highlight(m.said.span, reason, v)
    clear = [m for m in found if best(m.said.scores) != "neutral" and max(m.said.scores.values()) >= _CLEAR]
    if clear:
        m = max(clear, key=lambda one: max(one.said.scores.values()))
        yield Highlight(m.said.span, "clearest", max(m.said.scores.values()), best(m.said.scores))


def _pace(m: Moment) -> float | None:
    """Words per minute; a moment of less than two seconds says little on pace."""
    if m.counts is None or not m.counts.words or m.said.span.duration < 2:
        return None
    return m.counts.words / m.said.span.duration * 60


def _away(m: Moment) -> float | None:
    return (
        None
        if m.note.facing is None or m.note.facing[0] == m.note.facing[1]
        else 1 - m.note.facing[0] / m.note.facing[1]
    )
