"""What long work tells while it goes on: events, in order of time. Whoever runs it draws bars, prints, or listens to nothing.

Work is a generator. It yields events and returns its result. Work that does other work says ``found = yield from other()``.
Closing the generator stops the work: its threads end and its files close.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeVar

if TYPE_CHECKING:
    from mien.explain.question import Moment
    from mien.timeline import Prediction, Timeline
    from mien.types import Words

T = TypeVar("T")

Value = str | int | float
"""What a notice may carry."""

Stage = Literal["read", "explain", "prepare", "train", "degrade", "calibrate", "evaluate", "compare", "tune"]
"""What work is busy with."""


@dataclass(frozen=True)
class Progress:
    """How far one stage of the work is.

    Attributes:
        stage: what is done.
        about: to what: the name of a file, of a data set and split, of a recipe and seed.
        done: seconds of a clip, else a count: examples, steps, moments.
        total: of the same; 0 when it is not known.
    """

    stage: Stage
    about: str
    done: float
    total: float = 0.0


@dataclass(frozen=True)
class Notice:
    """Something the user should know. It does not stop the work.

    Attributes:
        code: which notice; ``report/catalogues`` has a sentence for each code, in each language.
        values: what stands in the gaps of the sentence.
    """

    code: str
    values: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Heard:
    """Words of an utterance, before it is known what they express."""

    words: Words
    who: str | None


@dataclass(frozen=True)
class Answered:
    """The answer about one segment, final. ``moment`` is what it was read from, so that it can be explained."""

    prediction: Prediction
    moment: Moment


@dataclass(frozen=True)
class Finished:
    """The end of a clip: everything that was answered about it."""

    timeline: Timeline


@dataclass(frozen=True)
class Skipped:
    """The end of a clip that could not be read. Others may follow.

    Attributes:
        source: its name.
        why: one sentence that says why, and what to do.
    """

    source: str
    why: str


Event = Progress | Notice | Heard | Answered | Finished | Skipped

Work = Generator[Event, None, T]
"""Long work with a result of type T."""


def tap(work: Work[T], look: Callable[[Event], object]) -> Work[T]:
    """The same work; ``look`` is shown every event on its way."""
    try:
        while True:
            event = next(work)
            look(event)
            yield event
    except StopIteration as end:
        result: T = end.value
        return result
    finally:
        work.close()


def finish(work: Work[T], tell: Callable[[Event], object] | None = None) -> T:
    """Run work to its end and give its result.

    Args:
        work: see the module.
        tell: called with every event; ``None`` to listen to nothing. What it raises stops the work.
    """
    try:
        while True:
            event = next(work)
            if tell is not None:
                tell(event)
    except StopIteration as end:
        result: T = end.value
        return result
    finally:
        work.close()
