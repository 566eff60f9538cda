"""The command line. Its verbs are in the modules that are imported here."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from io import TextIOWrapper

from typer.main import get_command

from mien.cli import (
    analysis,
    archive,
    bundles,
    collection,
    data,
    explanation,
    labelling,
    listening,
    serving,
    studies,
    training,
)
from mien.cli.app import app
from mien.cli.language import LANG, translated
from mien.cli.progress import say, show
from mien.cli.uses import scenarios, sessions
from mien.errors import MienError, explain, is_mistake
from mien.runtime.memory import prepare_to_run_short

__all__ = [
    "analysis",
    "app",
    "archive",
    "bundles",
    "collection",
    "data",
    "explanation",
    "guarded",
    "labelling",
    "listening",
    "main",
    "scenarios",
    "serving",
    "sessions",
    "studies",
    "training",
]


def main() -> None:
    """Runs the command line. A mistake of the user gives exit code 2, and any other error gives 1.

    A traceback of an unexpected error is shown only when MIEN_DEBUG is set.
    """
    _say_anything()
    prepare_to_run_short()
    code = guarded(translated(get_command(app), LANG))
    guarded(_say_what_is_not_kept)
    sys.exit(code)


def guarded(work: Callable[[], object]) -> int:
    """Runs the work, and turns an error into one sentence and an exit code."""
    try:
        code = work()
    except SystemExit as done:
        # Typer ends in this way. It has already shown usage errors, which have code 2.
        code = done.code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The program that reads the output has ended, so no message can reach it.
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - open until the end
        return 1
    except Exception as error:
        if os.environ.get("MIEN_DEBUG") and not isinstance(error, MienError):
            raise
        say(explain(error))
        return 2 if is_mistake(error) else 1
    return code if isinstance(code, int) else 0


def _say_what_is_not_kept() -> None:
    """Prints a line if the cache could not be used, and a line if a part of it was damaged."""
    from mien.runtime.cache import healed, no_cache

    for notice in (n for n in (no_cache(), healed()) if n is not None):
        from mien.report.language import Language
        from mien.report.sentences import sentence

        show(Language(LANG)("terminal.note", sentence=sentence(notice, LANG)), err=True)


def _say_anything() -> None:
    """Makes output streams write an escape for each character that their encoding lacks.

    Words may be in any script, and file names may hold any bytes.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
