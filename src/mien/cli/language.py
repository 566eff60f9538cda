"""The language that the command line speaks: ``--lang``, else the one of the terminal, else English."""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from itertools import pairwise
from typing import Any

from mien.report.page.words import languages


def spoken(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """The name of a catalogue.

    Args:
        arguments: of the command; ``--lang zh`` counts wherever it stands. A language that there is not is told by the verb.
        environment: ``LC_ALL``, ``LC_MESSAGES`` and ``LANG`` as POSIX has them: the first that is set decides.
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
"""Decided before the verbs are made, for their help speaks it too."""


def translated(command: Any, lang: str) -> Any:
    """A Click command whose help, and that of all its verbs and options, is in a language. They are written in English.

    Its class is Click's own, or that of the Click inside newer versions of Typer.
    """
    if lang == "en":
        return command
    known = tomllib.loads(files("mien.cli").joinpath(f"help_{lang}.toml").read_text(encoding="utf-8"))
    for one in _all(command):
        one.help = known.get(one.help, one.help)
        for parameter in one.get_params(one.context_class(one)):
            if getattr(parameter, "help", None) is not None:
                parameter.help = known.get(parameter.help, parameter.help)
    return command


def _all(command: Any) -> Iterator[Any]:
    yield command
    for verb in getattr(command, "commands", {}).values():
        yield from _all(verb)
