"""Results that other programs can read: as JSON, as CSV, or as a table of pandas."""

from __future__ import annotations

import csv
import io
import json
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from mien.runtime.extras import needs_pandas

if TYPE_CHECKING:
    from pandas import DataFrame


class Written(ABC):
    """What results have in common that can be written for other programs."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Plain values, with the name of their schema."""

    @abstractmethod
    def as_rows(self) -> list[dict[str, Any]]:
        """Flat rows of plain values. A row may lack some of the columns."""

    def to_json(self) -> str:
        """``to_dict`` as JSON text."""
        return json.dumps(self.to_dict(), indent=1, ensure_ascii=False) + "\n"

    def to_csv(self) -> str:
        """CSV of ``as_rows``, with a column for each key of any row. A value that a row lacks is empty."""
        rows = self.as_rows()
        file = io.StringIO()
        writer = csv.DictWriter(file, _columns(rows), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return file.getvalue()

    def to_pandas(self) -> DataFrame:
        """The rows of ``to_csv`` as a table of pandas. A value that a row lacks is NaN.

        Raises:
            InputError: pandas is not installed.
        """
        needs_pandas()
        from pandas import DataFrame

        rows = self.as_rows()
        return DataFrame(rows, columns=_columns(rows))


def _columns(rows: list[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))
