"""The language of the command line: ``--lang``, else that of the terminal, else English."""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from itertools import pairwise
from typing import Any

from mien.report.language import languages


def spoken(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """The name of the catalogue to use.

    Args:
        arguments: of the command; ``--lang zh`` counts at any place. An unknown language is ignored here; the verb refuses it.
        environment: of ``LC_ALL``, ``LC_MESSAGES`` and ``LANG``, the first that is set decides, as in POSIX.
    """
    for option, value in pairwise([*arguments, ""]):
        if option == "--lang" and value in languages():
            return value
        if option.startswith("--lang=") and option.removeprefix("--lang=") in languages():
            return option.removeprefix("--lang=")
    locale = next((found for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (found := environment.get(name))), "")
    name = locale.replace("-", "_").partition("_")[0].partition(".")[0].lower()
    return name if name in languages() else "en"


LANG = spoken(sys.argv[1:], os.environ)
"""The language of this run. It is known before the verbs are made, because their help needs it."""


def translated(command: Any, lang: str) -> Any:
    """Translates the help of a Click command, its verbs and its options. The source language is English.

    The class of the command is Click's own, or that of the Click inside newer versions of Typer.
    """
    if lang == "en":
        return command
    known = tomllib.loads(files("mien.cli").joinpath(f"help_{lang}.toml").read_text(encoding="utf-8"))
    for one in _all(command):
        one.help = known.get(one.help, one.help)
        # Click makes the option for help once, with the names of the context that asks first.
        for parameter in one.get_params(one.context_class(one, **command.context_settings)):
            if getattr(parameter, "help", None) is not None:
                parameter.help = known.get(parameter.help, parameter.help)
    return command


def _all(command: Any) -> Iterator[Any]:
    yield command
    for verb in getattr(command, "commands", {}).values():
        yield from _all(verb)
