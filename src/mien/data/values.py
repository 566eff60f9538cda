"""What single values of a manifest mean: the same to a check and to a training. Errors say what is wrong, not in which row."""

from __future__ import annotations

from typing import Any

from mien.types import Span

BLANK = (None, "")
"""Values that say nothing."""


def span(start: Any, end: Any) -> Span | None:
    """The part of a file that is meant, from times in seconds; ``None`` for all of it, where both are blank.

    Raises:
        ValueError: one of them is blank, or they are no two times in order.
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
    """The number of a row, from 0; whole numbers may be written as pandas does: 928.0.

    Raises:
        ValueError: it is none.
    """
    try:
        number = float(value)
    except (ValueError, TypeError):
        number = -1.0
    if number < 0 or not number.is_integer():
        raise ValueError(f"'row' is the number of a picture, counted from 0, not '{'' if value in BLANK else value}'")
    return int(number)
