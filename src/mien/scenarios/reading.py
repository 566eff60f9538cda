"""Reads a clip once for a scenario, and makes what is kept of one person of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from mien.errors import InputError, closest
from mien.events import Work, tap
from mien.pipeline import Analyzer
from mien.scenarios.measures.defined import defined
from mien.scenarios.measures.measures import VERSION, all_measured
from mien.scenarios.measures.moments import Moment, moments, people
from mien.scenarios.measures.observed import Notes, Recording
from mien.scenarios.store.kept import Session
from mien.types import MODALITIES


def read(analyzer: Analyzer, clip: Path) -> Work[Recording]:
    """Analyzes a clip and takes the notes that the measures need.

    Raises:
        InputError: the clip cannot be used; the message says why.
    """
    notes = Notes()
    timeline = yield from tap(analyzer.stream(clip), notes.look)
    return Recording(timeline, tuple(notes.items))


def chosen(recording: Recording, who: str) -> str | None:
    """The person who is measured.

    Args:
        recording: the recording.
        who: the name in the timeline; "" for who speaks longest.

    Raises:
        InputError: nobody can be measured, or nobody has this name.
    """
    names = people(recording)
    if not recording.timeline.predictions:
        raise InputError(f"nothing of a person could be read in '{recording.timeline.source}'")
    if who and who not in names:
        raise InputError(f"'{recording.timeline.source}' has nobody called '{who}'; {closest(who, names)}")
    return who or (names[0] if names else None)


def session(recording: Recording, who: str, day: date, purpose: str, with_timeline: bool = False) -> Session:
    """What is kept of a person's recording.

    Args:
        recording: the recording.
        who: see ``chosen``.
        day: of the recording.
        purpose: what it is read for.
        with_timeline: whether the whole timeline is kept, too, with the words of everybody in it.

    Raises:
        InputError: see ``chosen``.
    """
    found = moments(recording, chosen(recording, who))
    timeline = recording.timeline
    return Session(
        day,
        purpose,
        minutes(found),
        all_measured(defined(), found),
        VERSION,
        f"{timeline.bundle} {timeline.bundle_sha256[:12]}",
        tuple(m for m in MODALITIES if any(m in one.said.opinions for one in found)),
        {**timeline.to_dict(), "source": f"{day.isoformat()}"} if with_timeline else None,
    )


def minutes(found: Sequence[Moment]) -> dict[str, float]:
    """Usable minutes by modality, and of speaking and listening."""
    conditions: dict[str, list[Moment]] = {
        **{m: [one for one in found if m in one.said.opinions] for m in MODALITIES},
        **{state: [one for one in found if one.state == state] for state in ("speaking", "listening")},
    }
    return {name: round(sum(one.said.span.duration for one in ones) / 60, 4) for name, ones in conditions.items()}


def kept_until(day: date, days: int) -> date:
    """The last day on which something is kept that was added on a day.

    Raises:
        InputError: it lies beyond the calendar.
    """
    try:
        return day + timedelta(days)
    except OverflowError:
        raise InputError(f"--keep {days} lies beyond the calendar; name fewer days") from None
