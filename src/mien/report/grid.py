"""A table of text, however it is shown: in Markdown, on a page, in the terminal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Grid:
    """Cells of text.

    Attributes:
        head: names of the columns.
        rows: as many cells each; the first names the row.
        words: how many columns hold words; after them come numbers.
    """

    kind: ClassVar[str] = "table"  # how a page's template tells its parts apart
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: int = 1
