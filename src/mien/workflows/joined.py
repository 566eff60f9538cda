"""One CSV table for several clips."""

from __future__ import annotations

from collections.abc import Sequence
from csv import reader
from pathlib import Path

from mien.errors import InputError
from mien.report import files
from mien.report.exporters.csv import cells, joined
from mien.timeline import Timeline


class JoinedTable:
    """Rows of several clips. The first column names the clip.

    Args:
        path: the file.
        resume: whether the rows that it holds already are kept.

    Raises:
        InputError: the file is to be kept, and is no such table.
    """

    def __init__(self, path: Path, resume: bool) -> None:
        self.path = path
        self._tables: list[Sequence[Sequence[str]]] = []
        self._known: set[str] = set()
        if resume and path.is_file():
            with path.open(encoding="utf-8", newline="") as file:
                rows = list(reader(file))
            if not rows or rows[0][:1] != ["source"]:
                raise InputError(f"'{path}' is no table of several clips; leave --resume out, or name another file")
            self._tables = [rows]
            self._known = {row[0] for row in rows[1:]}

    def holds(self, clip: Path) -> bool:
        """Whether the table has rows of a clip."""
        return str(clip) in self._known

    def add(self, clip: Path, timeline: Timeline) -> None:
        """Adds the rows of a clip."""
        self._tables.append(cells(timeline, str(clip)))

    def write(self) -> None:
        """Writes the table, whole or not at all.

        Raises:
            InputError: the file cannot be written.
        """
        files.put(self.path, joined(self._tables))
