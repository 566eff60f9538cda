"""Writes CSV with one row for each segment."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from csv import writer

from mien.report.exporters.base import Export, Exporter, exporters
from mien.report.rows import Cell, columns, rows
from mien.timeline import Timeline

_COMMANDS = "=+-@\t\r＝＋－＠"  # some spreadsheets also take the wide signs of East Asian keyboards as commands
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")  # programs refuse a zero byte; an escape sets colours
_TIMES = 2  # columns that hold seconds


@exporters.register
class Csv(Exporter):
    """The columns of ``mien.report.rows``. ``uncertain`` is 0 or 1, and absent values are empty.

    A text cell that a spreadsheet would take for a formula gets an apostrophe at its start. Control
    characters become spaces.
    """

    endings = ("csv",)

    def write(self, export: Export) -> str:
        """See the class."""
        return joined([cells(export.timeline)])


def cells(timeline: Timeline, source: str | None = None) -> list[list[str]]:
    """The head and the rows of one timeline, as they are written.

    Args:
        timeline: the answers.
        source: the clip, for a first column of that name; ``None`` leaves it out.
    """
    head = [_harmless(name) for name in columns(timeline)]
    body = ([_written(cell, 3 if place < _TIMES else 4) for place, cell in enumerate(row)] for row in rows(timeline))
    if source is None:
        return [head, *body]
    return [["source", *head], *([_harmless(source), *row] for row in body)]


def joined(tables: Sequence[Sequence[Sequence[str]]]) -> str:
    """One table from several with the same head."""
    file = io.StringIO()
    lines = writer(file, lineterminator="\n")
    for k, table in enumerate(tables):
        lines.writerows(table[1 if k else 0 :])
    return file.getvalue()


def _written(cell: Cell, digits: int) -> str:
    if isinstance(cell, bool):
        return str(int(cell))
    if isinstance(cell, float | int):
        return f"{cell:.{digits}f}"
    return _harmless(cell or "")


def _harmless(text: str) -> str:
    text = _CONTROL.sub(" ", text)
    return f"'{text}" if text[:1] and text[:1] in _COMMANDS else text
