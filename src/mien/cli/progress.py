"""Shows work on a terminal: progress bars, and a line for each notice."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import typer

from mien import events
from mien.cli.language import LANG
from mien.events import Event, Notice, Work, finish

T = TypeVar("T")


def followed(work: Work[T], tell: Callable[[Event], object] | None = None) -> T:
    """Runs work to its end. It shows a bar for each stage on the error stream if that is a terminal.

    Args:
        work: the work.
        tell: called with every event but progress; the bars are hidden while it prints.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    from mien.report.language import Language
    from mien.report.terminal.harmless import harmless

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    stages, tasks = Language(LANG).table["stages"], dict[str, TaskID]()  # one bar for each stage
    # The bars redirect no stream, so that each output reaches its own stream.
    with Progress(
        *columns,
        console=console,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
        disable=not console.is_terminal,
    ) as bars:

        def show(event: Event) -> None:
            if isinstance(event, events.Progress):
                name = harmless(f"{stages[event.stage]} {event.about}")
                if event.stage not in tasks:
                    tasks[event.stage] = bars.add_task(name, total=None)
                bars.update(tasks[event.stage], description=name, completed=event.done, total=event.total or None)
                if event.total and event.done >= event.total:
                    # A finished bar is removed, because a study has hundreds of them.
                    bars.remove_task(tasks.pop(event.stage))
                return
            if isinstance(event, events.Finished | events.Skipped):
                for task in tasks.values():
                    bars.remove_task(task)
                tasks.clear()
            if tell is None:
                return
            # Only these may be printed; for words and answers the bars would flicker.
            if isinstance(event, events.Finished | events.Skipped | Notice):
                bars.stop()
                tell(event)
                bars.start()
            else:
                tell(event)

        return finish(work, show)


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
                typer.echo(f"mien: {line}", err=True)


def say(line: str) -> None:
    """Prints a line on the error stream."""
    typer.echo(f"mien: {line}", err=True)
