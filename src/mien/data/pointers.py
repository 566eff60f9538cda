"""Finds the ready-made features of a row: in the manifest itself, or in another file that names its rows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from mien.data.dialogue import Place
from mien.data.rows import Entry, Row, read_rows
from mien.errors import RecipeError
from mien.recipe.recipe import FeatureTable, Source
from mien.types import Features, Modality


def features_of(source: Source, entry: Entry, place: Place, root: Path) -> dict[Modality, Features]:
    """The features of one row by modality. A modality without features is left out.

    Raises:
        RecipeError: the other file or its names cannot be read, or ``around`` asks for neighbours from another file.
    """
    found: dict[Modality, Features] = {}
    for modality, table in source.features.items():
        if table.present and entry.row.get(table.present) not in (True, 1, "1", "true", "True"):
            continue
        if not table.file:
            rows = [(n, t) for n, t in place.around if abs(t) <= table.around]
            found[modality] = Features(entry.path, table.array, tuple(n for n, _ in rows), tuple(t for _, t in rows))
        elif (row := _partner(table, entry.row, root)) is not None:
            found[modality] = Features(root / table.file, table.array, (row,), (0.0,))
    return found


def _partner(table: FeatureTable, row: Row, root: Path) -> int | None:
    """The number of the row in the other file that belongs to this row; ``None`` when there is none."""
    if table.around:
        raise RecipeError(
            f"features of '{table.file}' cannot have neighbours: leave out `around`, or put them into the manifest"
        )
    if table.match not in row:
        raise RecipeError(
            f"the manifest has no column '{table.match}' that '{table.file}' could be matched by; set `match`"
        )
    try:
        same = re.search(table.pattern, str(row[table.match]))
        return _numbers(root / table.file, table.key).get(same.expand(table.name)) if same else None
    except re.error as error:
        raise RecipeError(
            f"pattern '{table.pattern}' with name '{table.name}' is no regular expression: {error}"
        ) from error


@lru_cache(maxsize=8)
def _numbers(path: Path, key: str) -> Mapping[str, int]:
    """{name of a row: its number}."""
    names = [str(row.get(key, "")) for row in read_rows(path)]
    if not any(names):
        raise RecipeError(f"'{path}' has no column '{key}' that names its rows; set `key`")
    return {name: number for number, name in enumerate(names)}
