"""Writes Parquet with one row for each segment, for DuckDB, pandas, Polars and Spark."""

from __future__ import annotations

import io

from mien.report.exporters.base import Export, Exporter, exporters
from mien.report.segments import table_of
from mien.runtime.extras import needs_arrow


@exporters.register
class Parquet(Exporter):
    """The form `mien.segments/1`, see ``mien.report.segments``."""

    endings = ("parquet",)

    def check(self, lang: str) -> None:
        """See ``Exporter``."""
        needs_arrow()

    def write(self, export: Export) -> bytes:
        """See the class."""
        from pyarrow import parquet

        file = io.BytesIO()
        parquet.write_table(table_of(export.timeline), file, compression="zstd")
        return file.getvalue()
