"""The meaning of single values of a manifest, for checks and for training. Errors do not name the row."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

from mien.types import Span, Task

BLANK = (None, "")
"""Values that mean "absent"."""


class Spellings:
    """Joins names that differ only in case and spaces: each such name is told by its first spelling.

    Attributes:
        joined: {another spelling: the first one}.
    """

    def __init__(self) -> None:
        self._first: dict[str, str] = {}
        self.joined: dict[str, str] = {}

    def __call__(self, name: str) -> str:
        """The first spelling of a name, without spaces around it; "" stays as it is."""
        if not name.strip():
            return ""
        first = self._first.setdefault(" ".join(name.split()).casefold(), name.strip())
        if name != first:
            self.joined[name] = first
        return first

    @property
    def told(self) -> str:
        """The joined names for a message; "" when there are none."""
        return ", ".join(f"'{name}' -> {first}" for name, first in sorted(self.joined.items()))


def span(start: Any, end: Any) -> Span | None:
    """The wanted part of a file, from times in seconds; ``None``, which means all of it, when both are blank.

    Raises:
        ValueError: only one of them is blank, or they are not two times in order.
    """
    if start in BLANK and end in BLANK:
        return None
    said = "start '{}' and end '{}'".format(*("" if value in BLANK else value for value in (start, end)))
    if start in BLANK or end in BLANK:
        raise ValueError(f"{said}: give both in seconds, or neither for the whole file")
    try:
        return Span(float(start), float(end))
    except (ValueError, TypeError):
        raise ValueError(f"{said} are not two times in seconds, the later one second") from None


def row_number(value: Any) -> int:
    """The number of a row, from 0. It may be written as pandas writes it: 928.0.

    Raises:
        ValueError: it is not a whole number of at least 0.
    """
    try:
        number = float(value)
    except (ValueError, TypeError):
        number = -1.0
    if number < 0 or not number.is_integer():
        raise ValueError(f"'row' is the number of a picture, counted from 0, not '{'' if value in BLANK else value}'")
    return int(number)


def finite(column: str, value: Any) -> float:
    """A finite number.

    Raises:
        ValueError: it is not a finite number; the message names the column.
    """
    try:
        found = float(value)
    except (ValueError, TypeError):
        found = math.nan
    if not math.isfinite(found):
        raise ValueError(f"'{column}' holds numbers, not '{value}'; leave it empty where it is not known")
    return found


def score_for(task: Task, value: Any) -> float:
    """A number within the bounds of a task.

    Raises:
        ValueError: it is not a number, or lies outside the bounds.
    """
    low, high = task.bounds or (-math.inf, math.inf)
    try:
        found = float(value)
    except (ValueError, TypeError):
        found = math.nan
    if not (math.isfinite(found) and low <= found <= high):
        raise ValueError(f"'{task.name}' is a number from {low:g} to {high:g}, not '{value}'")
    return found


def vote_columns(task: Task, columns: Collection[str]) -> dict[str, str]:
    """{column of annotators' votes: its label} of a task. The columns have the names "votes_<label>"."""
    names = {f"votes_{label}": label for label in task.labels} if task.kind == "single" else {}
    return {column: label for column, label in names.items() if column in columns}


def votes_for(row: Mapping[str, Any], columns: Mapping[str, str]) -> dict[str, float]:
    """{label: votes that count} of a row; empty when none count. A blank value is no vote.

    Among whole numbers, a single vote for a label is dropped as noise, as in Barsoum et al. 2016 (arXiv 1608.01041). Shares
    such as 0.7 and 0.3 all count.

    Raises:
        ValueError: a value is not a number, or is below 0.
    """
    amounts = {c: finite(c, row[c]) for c in columns if row.get(c) not in BLANK}
    below = next((c for c, amount in amounts.items() if amount < 0), None)
    if below is not None:
        raise ValueError(f"'{below}' holds numbers of votes, not '{row[below]}'")
    counts = all(amount.is_integer() for amount in amounts.values())
    found: dict[str, float] = {}
    for column, amount in amounts.items():
        if amount > (1 if counts else 0):
            found[columns[column]] = found.get(columns[column], 0.0) + amount
    return found
