"""Shows work: bars on a terminal, plain lines elsewhere, and a line for each notice."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

import typer

from mien import events
from mien.cli.language import LANG
from mien.errors import printable
from mien.events import Event, Notice, Work, finish

T = TypeVar("T")

_EVERY = 30.0  # seconds between two plain lines about one stage
_MANY = 100  # clips; of more, there is no line for each


def followed(work: Work[T], tell: Callable[[Event], object] | None = None) -> T:
    """Runs work to its end and shows how far it is on the error stream.

    On a terminal there is a bar for each stage. Elsewhere, as in a log file, there is a line for each of several clips, and
    one for a long stage every half minute.

    Args:
        work: the work.
        tell: called with every event but progress; the bars are hidden while it prints.
    """
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        lines = _Lines()
        return finish(work, lambda event: _shown(event, lines, tell))
    with _Bars(console) as bars:
        return finish(work, lambda event: _shown(event, bars, tell))


def _shown(event: Event, where: _Lines | _Bars, tell: Callable[[Event], object] | None) -> None:
    if isinstance(event, events.Progress):
        where.move(event)
        return
    if isinstance(event, events.Finished | events.Skipped):
        where.clear()
    if isinstance(event, events.Written):
        where.clock.read(event)
    if tell is not None:
        # Only these may be printed; for words and answers the bars would flicker.
        where.apart(tell, event, printed=isinstance(event, events.Finished | events.Skipped | Notice))


class _Clock:
    """How long the clips take that are still to be read, and how fast those are read that other processes read."""

    def __init__(self) -> None:
        self._begun = time.monotonic()
        self._clips, self._seconds = 0, 0.0

    def read(self, event: events.Written) -> None:
        """Another process has read a clip."""
        self._clips, self._seconds = self._clips + 1, self._seconds + event.duration

    def pace(self) -> tuple[float, float] | None:
        """Clips a second, and hours of clips an hour; ``None`` where no other process reads."""
        gone = max(time.monotonic() - self._begun, 1e-3)
        return (self._clips / gone, self._seconds / gone) if self._clips else None

    def left(self, event: events.Progress) -> float | None:
        """Seconds until the last clip is read; ``None`` before the first one is."""
        return (time.monotonic() - self._begun) / event.done * (event.total - event.done) if event.done else None


def _clip(event: events.Progress, clock: _Clock) -> str:
    """Which clip is read, of how many, and how long the rest takes."""
    from mien.report.language import Language
    from mien.report.terminal.harmless import harmless

    say, left = Language(LANG), clock.left(event)
    line = say("terminal.clip", n=int(event.done) + 1, all=int(event.total), name=harmless(event.about))
    if left is not None:
        line = say("terminal.left", line=line, time=say.span_of_time(left))
    if (pace := clock.pace()) is not None:
        line = say("terminal.pace", line=line, clips=f"{pace[0]:.2g}", hours=f"{pace[1]:.2g}")
    return line


def _stage(event: events.Progress) -> str:
    from mien.report.language import Language
    from mien.report.terminal.harmless import harmless

    return harmless(f"{Language(LANG).table['stages'][event.stage]} {event.about}".rstrip())


class _Lines:
    """Plain lines for a log."""

    def __init__(self) -> None:
        self.clock, self._told = _Clock(), dict[str, float]()

    def move(self, event: events.Progress) -> None:
        """Prints a line if it is time for one."""
        from mien.report.language import Language

        if event.stage == "clips":
            if event.done < event.total and (event.total <= _MANY or self._due("clips", True)):
                show(_clip(event, self.clock), err=True)
            return
        if event.done < event.total and self._due(event.stage, False):
            share = f"{100 * min(1.0, event.done / event.total):.0f}"
            show(Language(LANG)("terminal.stage", name=_stage(event), percent=share), err=True)

    def _due(self, stage: str, at_once: bool) -> bool:
        """Whether it is time for a line about a stage; for the first one at once, or after a while."""
        now = time.monotonic()
        if now - self._told.setdefault(stage, now - _EVERY if at_once else now) < _EVERY:
            return False
        self._told[stage] = now
        return True

    def clear(self) -> None:
        """A clip is over."""
        for stage in [s for s in self._told if s != "clips"]:
            del self._told[stage]

    def apart(self, tell: Callable[[Event], object], event: Event, printed: bool) -> None:
        """Tells an event."""
        tell(event)


class _Bars:
    """A bar for each stage. The bars redirect no stream, so that each output reaches its own stream."""

    def __init__(self, console: Any) -> None:
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeRemainingColumn(),
        )
        self._bars = Progress(*columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False)
        self.clock, self._tasks = _Clock(), dict[str, Any]()

    def __enter__(self) -> _Bars:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def move(self, event: events.Progress) -> None:
        """Moves the bar of a stage."""
        name = _clip(event, self.clock) if event.stage == "clips" else _stage(event)
        if event.stage not in self._tasks:
            self._tasks[event.stage] = self._bars.add_task(name, total=None)
        self._bars.update(self._tasks[event.stage], description=name, completed=event.done, total=event.total or None)
        if event.total and event.done >= event.total:
            # A finished bar is removed, because a study has hundreds of them.
            self._bars.remove_task(self._tasks.pop(event.stage))

    def clear(self) -> None:
        """A clip is over: its bars go, and the bar of all clips stays."""
        for stage in [s for s in self._tasks if s != "clips"]:
            self._bars.remove_task(self._tasks.pop(stage))

    def apart(self, tell: Callable[[Event], object], event: Event, printed: bool) -> None:
        """Tells an event, without the bars if it is printed."""
        if not printed:
            tell(event)
            return
        self._bars.stop()
        tell(event)
        self._bars.start()


class Notices:
    """Prints each notice on the error stream once, even if the work gives it several times."""

    def __init__(self, lang: str = LANG) -> None:
        self._lang, self._told = lang, set[str]()

    def __call__(self, event: Event) -> None:
        """Prints the event if it is a new notice."""
        if isinstance(event, Notice):
            from mien.report.sentences import sentence
            from mien.report.terminal.harmless import harmless

            line = harmless(sentence(event, self._lang))
            if line not in self._told:
                self._told.add(line)
                say(line)


def say(line: str) -> None:
    """Prints a line on the error stream."""
    show(f"mien: {line}", err=True)


def show(text: str, err: bool = False) -> None:
    """Prints lines: the only way to the terminal beside Rich, because names and cards may hold escapes of a stranger."""
    typer.echo(printable(text), err=err)
