"""What a reader is, and what readers share: they find files, read tables and map labels without guesses."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal, Protocol

from mien.data.rows import Row
from mien.errors import RecipeError, closest
from mien.registry import Family

LeftOut = Counter[str]
"""{reason: count} of what a reader left out or left without a label."""


class Reader(Protocol):
    """Turns the folder of a data set, in its authors' layout, into rows with the standard columns of a manifest.

    Every row has the same columns. Paths are relative to the folder. ``emotion`` is one of the seven of mien, or "" when the
    published label has no counterpart. ``label`` is the published label. ``left_out`` counts what is left out.
    The docstring of a reader gives the licence, how to get the set, its layout, its labels and the source of its splits.
    """

    def __call__(self, folder: Path, left_out: LeftOut) -> Iterator[Row]:
        """The rows of the set in ``folder``."""


readers: Family[Iterator[Row]] = Family("readers", "mien.data.readers")


def read_set(name: str, folder: Path, left_out: LeftOut) -> Iterator[Row]:
    """The rows of a public set.

    Raises:
        UnknownNameError: there is no such reader.
        RecipeError: there is no such folder, it does not have the layout of the set, or the reader does not know a label.
    """
    reader = readers.get(name)
    if not folder.is_dir():
        raise RecipeError(f"the reader '{name}' needs a folder, and there is none at '{folder}'")
    empty = True
    for row in reader(folder, left_out):
        empty = False
        yield row
    if empty:
        raise RecipeError(
            f"'{folder}' holds nothing that the reader '{name}' knows; its layout is told in docs/data.md"
        )


def found(folder: Path, *places: str) -> Path:
    """The first of these places in a folder that exists.

    Raises:
        RecipeError: none of them exists.
    """
    for place in places:
        if (folder / place).exists():
            return folder / place
    raise RecipeError(f"'{folder}' has no {' nor '.join(repr(p) for p in places)}")


def table(path: Path, *columns: str, delimiter: str = ",") -> Iterator[dict[str, str]]:
    """Rows of a table of the authors. It must have the named columns. In a tab-separated table, quotes are plain text.

    Raises:
        RecipeError: a column is missing, or the file is not a table in UTF-8.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            quotes: Literal[0, 3] = csv.QUOTE_NONE if delimiter == "\t" else csv.QUOTE_MINIMAL
            rows = csv.DictReader(file, delimiter=delimiter, quoting=quotes)
            for column in columns:
                if column not in (rows.fieldnames or ()):
                    raise RecipeError(
                        f"'{path}' has no column '{column}'; {closest(column, list(rows.fieldnames or ()))}"
                    )
            yield from rows
    except (UnicodeDecodeError, csv.Error) as error:
        raise RecipeError(f"'{path}' cannot be read: {error}") from error


def mapped(code: str, names: Mapping[str, str], left_out: LeftOut) -> str:
    """The label for a published code. A code without a counterpart gives "", and is counted in ``left_out``.

    Raises:
        RecipeError: the map does not know the code.
    """
    if code not in names:
        raise RecipeError(f"there is a label '{code}', which the reader does not know; {closest(code, dict(names))}")
    if not names[code]:
        left_out[f"label '{code}' has no counterpart"] += 1
    return names[code]
