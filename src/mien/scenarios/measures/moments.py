"""The moments of one person in a recording: when they speak, when they listen, and what lies between turns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from mien.scenarios.measures.observed import SHORTEST_PAUSE, Note, Recording, overlap
from mien.scenarios.measures.words import Counts, counted
from mien.timeline import Prediction

State = Literal["speaking", "listening", "silent"]

_LISTENS = 0.5  # share of a moment in view during which somebody else speaks
_LONGEST_GAP = 5.0  # seconds; a longer silence between two people is no answer to what was said
_LONGEST_PAUSE = 3.0  # seconds; a longer silence of one person is no pause within a turn
_OVERLAP = 0.2  # seconds that two people speak at once, at least, to count as an interruption


@dataclass(frozen=True)
class Moment:
    """One moment of the person.

    Attributes:
        said: the answer.
        note: what was noted of it; an empty note where there is none.
        state: whether the person speaks, listens to somebody, or neither.
        counts: words; ``None`` where the person does not speak, or in a language whose words cannot be counted.
        pauses: seconds of each pause in it, and of the one before it since the person's last moment.
        latency: seconds from the end of somebody else's turn to this one; below 0 where they overlap. ``None`` where it does
        not
            begin a turn.
        interrupts: whether it begins while somebody else speaks.
    """

    said: Prediction
    note: Note
    state: State
    counts: Counts | None
    pauses: tuple[float, ...]
    latency: float | None
    interrupts: bool


def people(recording: Recording) -> list[str]:
    """The names of all people, who speaks longest first; those who could not be told apart are left out."""
    seconds: dict[str, tuple[float, float]] = {}
    for p in recording.timeline.predictions:
        if p.who is not None:
            spoken, seen = seconds.get(p.who, (0.0, 0.0))
            seconds[p.who] = spoken + p.span.duration * _speaks(p), seen + p.span.duration
    return sorted(seconds, key=lambda who: seconds[who], reverse=True)


def moments(recording: Recording, who: str | None) -> list[Moment]:
    """The moments of a person in order of time. ``None`` means the moments of nobody known, as of a text."""
    predictions = recording.timeline.predictions
    notes = recording.notes or (Note(),) * len(predictions)
    others = [p for p in predictions if p.who != who and _speaks(p)]
    mine = [(p, n) for p, n in zip(predictions, notes, strict=True) if p.who == who]
    found: list[Moment] = []
    last: Prediction | None = None
    for p, n in mine:
        speaks = _speaks(p)
        state: State = "speaking" if speaks else "listening" if _listens(p, others) else "silent"
        before = _last_before(p, others) if speaks else None
        turn = before is not None and (last is None or before.span.start > last.span.start)
        latency = p.span.start - before.span.end if turn and before is not None else None
        found.append(
            Moment(
                p,
                n,
                state,
                counted(p.text, p.language) if speaks and p.text else None,
                (*n.pauses, *_pause_before(p, last, turn)) if speaks else (),
                latency if latency is not None and -_LONGEST_GAP <= latency <= _LONGEST_GAP else None,
                latency is not None and latency <= -_OVERLAP,
            )
        )
        last = p if speaks else last
    return found


def _speaks(p: Prediction) -> bool:
    return bool(p.text) or "voice" in p.opinions


def _listens(p: Prediction, others: Sequence[Prediction]) -> bool:
    return overlap(p.span, (o.span for o in others)) >= _LISTENS * p.span.duration > 0


def _last_before(p: Prediction, others: Iterable[Prediction]) -> Prediction | None:
    """What others said last, of all that began before this."""
    return max((o for o in others if o.span.start < p.span.start), key=lambda o: o.span.start, default=None)


def _pause_before(p: Prediction, last: Prediction | None, turn: bool) -> tuple[float, ...]:
    gap = p.span.start - last.span.end if last is not None and not turn else 0.0
    return (round(gap, 3),) if SHORTEST_PAUSE <= gap <= _LONGEST_PAUSE else ()
