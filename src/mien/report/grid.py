"""A table of text, to be shown in Markdown, on a page or in the terminal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Grid:
    """Cells of text.

    Attributes:
        head: names of the columns.
        rows: each has one cell for each column; the first cell names the row.
        words: how many of the first columns hold words; the others hold numbers.
    """

    kind: ClassVar[str] = "table"  # the template of a page tells its parts apart by this
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: int = 1
