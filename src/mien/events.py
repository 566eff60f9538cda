"""Events that long work yields while it runs. The caller may draw bars, print, or ignore them.

Work is a generator. It yields events and returns its result. Work calls other work by ``found = yield from other()``.
Closing the generator stops the work: its threads end and its files close.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeVar

if TYPE_CHECKING:
    from mien.explain.question import Moment
    from mien.person import People
    from mien.timeline import Prediction, Timeline
    from mien.types import Words

T = TypeVar("T")

Value = str | int | float
"""A value in a notice."""

Stage = Literal[
    "clips",
    "read",
    "ask",
    "explain",
    "draw",
    "write",
    "prepare",
    "train",
    "degrade",
    "calibrate",
    "evaluate",
    "compare",
    "tune",
    "fetch",
    "export",
]
"""A stage of the work."""


@dataclass(frozen=True)
class Progress:
    """How far one stage of the work is.

    Attributes:
        stage: the stage.
        about: the name of what it works on: a file, a data set and split, or a recipe and seed.
        done: how much is done: seconds of a clip, or a count of examples, steps or moments.
        total: how much there is to do, in the same unit; 0 when it is not known.
    """

    stage: Stage
    about: str
    done: float
    total: float = 0.0


@dataclass(frozen=True)
class Notice:
    """Something the user should know. It does not stop the work.

    Attributes:
        code: ``report/catalogues`` has a sentence for each code in each language.
        values: the values for the gaps in the sentence.
    """

    code: str
    values: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Heard:
    """The words of an utterance, before they are answered. ``who`` is the speaker, or ``None``."""

    words: Words
    who: str | None


@dataclass(frozen=True)
class Answered:
    """The answer about one segment. ``moment`` holds what is needed to explain it.

    With a person baseline it is relative to what the clip has shown so far, and the timeline at the end holds the answer
    relative to the whole clip.
    """

    prediction: Prediction
    moment: Moment


@dataclass(frozen=True)
class Partial:
    """The answer so far about a segment that still goes on; ``Answered`` comes when it is over, and may differ.

    Only a source that is cut with ``CutSettings.ongoing`` gives it. It is relative to the person like ``Answered``.
    """

    prediction: Prediction


@dataclass(frozen=True)
class Finished:
    """The end of a clip, with its whole timeline, and with what was usual for its people (see ``mien.person.People``)."""

    timeline: Timeline
    people: People = field(default_factory=dict)


@dataclass(frozen=True)
class Skipped:
    """The end of a clip that could not be read. Others may follow.

    Attributes:
        source: its name.
        why: one sentence that says why, and what to do.
    """

    source: str
    why: str


@dataclass(frozen=True)
class Written:
    """The end of a clip that another process has read, and whose files it has written.

    Attributes:
        source: its name.
        duration: its length in seconds.
    """

    source: str
    duration: float


Event = Progress | Notice | Heard | Partial | Answered | Finished | Skipped | Written

Work = Generator[Event, None, T]
"""Long work with a result of type T."""


def tap(work: Work[T], tell: Callable[[Event], object]) -> Work[T]:
    """The same work. ``tell`` is called with every event."""
    try:
        while True:
            event = next(work)
            tell(event)
            yield event
    except StopIteration as end:
        result: T = end.value
        return result
    finally:
        work.close()


def finish(work: Work[T], tell: Callable[[Event], object] | None = None) -> T:
    """Runs work to its end and returns its result.

    Args:
        work: see the module.
        tell: called with every event; ``None`` ignores them. An error that it raises stops the work.
    """
    told = work if tell is None else tap(work, tell)
    try:
        while True:
            next(told)
    except StopIteration as end:
        result: T = end.value
        return result
    finally:
        told.close()
