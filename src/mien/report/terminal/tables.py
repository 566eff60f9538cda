"""Makes tables for the terminal. The command line prints them, and an exporter writes their text."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterable, Sequence
from typing import Literal

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from mien.report.grid import Grid
from mien.report.terminal.harmless import harmless

Cell = str | Text


def table(
    head: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    *,
    right: Collection[int] = (),
    folded: Collection[int] = (),
    title: str = "",
    note: str = "",
    last: str = "",
) -> Table:
    """A table. No cell is read as markup, and control characters are left out.

    Args:
        head: names of the columns.
        rows: each has one cell for each column; a cell with a style is a ``Text``.
        right: indices of the columns that are aligned to the right, which hold numbers.
        folded: indices of the columns that may break over lines in a narrow terminal; empty allows it for all columns.
        title: text above the table; "" for none.
        note: text below the table; "" for none.
        last: style of the last row, for a sum; "" for none.
    """
    found = Table(
        box=None,
        pad_edge=False,
        header_style="bold",
        padding=(0, 2, 0, 0),
        title=_text(title) if title else None,
        title_justify="left",
        title_style="bold",
        caption=_text(note) if note else None,
        caption_justify="left",
        caption_style="dim",
    )
    for number, name in enumerate(head):
        justify: Literal["left", "right"] = "right" if number in right else "left"
        found.add_column(_text(name), justify=justify, no_wrap=bool(folded) and number not in folded, overflow="fold")
    for row in rows:
        found.add_row(*map(_text, row))
    if found.rows and last:
        found.rows[-1].style = last
    return found


def of_grid(grid: Grid, title: str = "", note: str = "") -> Table:
    """The table for a grid."""
    return table(grid.head, grid.rows, right=range(grid.words, len(grid.head)), title=title, note=note)


def _text(cell: Cell) -> Text:
    return Text(harmless(cell)) if isinstance(cell, str) else cell


def spaced(tables: Iterable[Table]) -> RenderableType:
    """Tables with an empty line between them."""
    parts: list[RenderableType] = []
    for found in tables:
        parts += [Text(), found] if parts else [found]
    return Group(*parts)


def as_text(renderable: RenderableType, width: int = 100) -> str:
    """The text that a terminal shows without colours. ``width`` is in characters."""
    file = io.StringIO()
    Console(file=file, width=width, no_color=True).print(renderable)
    return file.getvalue()
