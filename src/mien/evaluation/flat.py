"""Flat rows as CSV, or as a table of pandas."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mien.runtime.extras import needs_pandas

if TYPE_CHECKING:
    from pandas import DataFrame


def csv_of(rows: Sequence[Mapping[str, object]]) -> str:
    """CSV with a line for each row and a column for each key of any row. A value that a row lacks is empty."""
    file = io.StringIO()
    writer = csv.DictWriter(file, _columns(rows), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def frame_of(rows: Sequence[Mapping[str, object]]) -> DataFrame:
    """The same as a table of pandas. A value that a row lacks is NaN.

    Raises:
        InputError: pandas is not installed.
    """
    needs_pandas()
    from pandas import DataFrame

    return DataFrame(list(rows), columns=_columns(rows))


def _columns(rows: Sequence[Mapping[str, object]]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))
