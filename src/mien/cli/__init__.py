"""The command line. The verbs are in ``analysis``, ``explanation``, ``training``, ``studies`` and ``data``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from io import TextIOWrapper

import typer
from typer.main import get_command

from mien.cli import analysis, data, explanation, studies, training
from mien.cli.app import app
from mien.cli.language import LANG, translated
from mien.errors import MienError, explain, is_mistake

__all__ = ["analysis", "app", "data", "explanation", "guarded", "main", "studies", "training"]


def main() -> None:
    """Entry point. The user's mistakes end with 2, ours with 1; nobody sees a traceback unless MIEN_DEBUG is set."""
    _say_anything()
    code = guarded(translated(get_command(app), LANG))
    guarded(_say_what_is_not_kept)
    sys.exit(code)


def guarded(work: Callable[[], object]) -> int:
    """Run and turn what is raised into one sentence and an exit code."""
    try:
        code = work()
    except SystemExit as done:
        # How Typer ends: usage errors, which it has shown, are 2.
        code = done.code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read our output has gone; there is nobody to tell.
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - open until the end
        return 1
    except Exception as error:
        if os.environ.get("MIEN_DEBUG") and not isinstance(error, MienError):
            raise
        typer.echo(f"mien: {explain(error)}", err=True)
        return 2 if is_mistake(error) else 1
    return code if isinstance(code, int) else 0


def _say_what_is_not_kept() -> None:
    """One line where the cache could not be used, whatever the verb."""
    from mien.runtime.cache import no_cache

    notice = no_cache()
    if notice is not None:
        from mien.report.page.words import Language
        from mien.report.sentences import sentence

        typer.echo(Language(LANG)("terminal.note", sentence=sentence(notice, LANG)), err=True)


def _say_anything() -> None:
    """What the terminal's encoding lacks is written as an escape: words come in every script, file names as any bytes."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
