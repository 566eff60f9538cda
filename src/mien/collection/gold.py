"""Clips whose label is known: ``gold.csv`` in the folder of a set, or another table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mien.collection.settings import SetSettings
from mien.data.rows import read_rows
from mien.errors import InputError, closest

GOLD = "gold.csv"


def gold_of(folder: Path, settings: SetSettings, table: Path | None = None) -> dict[str, str]:
    """{id of a clip: its known label}; empty without a table.

    Args:
        folder: of the set.
        settings: of the set.
        table: with the columns ``id`` and that of the task; ``None`` for ``gold.csv`` in the folder, where there is one.

    Raises:
        InputError: it cannot be read, a column is missing, or there is no such label.
    """
    path = folder / GOLD if table is None else table
    return _read(path, settings.task, settings.labels) if table is not None or path.is_file() else {}


def _read(path: Path, task: str, labels: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for row in read_rows(path):
        clip, label = _cell(row, "id", path), _cell(row, task, path)
        if label and label not in labels:
            raise InputError(f"'{path}' has a label '{label}' that the set does not have; {closest(label, labels)}")
        found |= {clip: label} if label else {}
    return found


def _cell(row: Mapping[str, Any], column: str, path: Path) -> str:
    if column not in row:
        raise InputError(f"'{path}' has no column '{column}'; {closest(column, row)}")
    return str(row[column] or "")
