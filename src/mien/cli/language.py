"""The language that the command line speaks: ``--lang``, else the one of the terminal, else English."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from itertools import pairwise

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
