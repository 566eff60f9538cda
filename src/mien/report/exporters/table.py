"""Writes the table of the terminal as text."""

from __future__ import annotations

from mien.report.exporters.base import Export, Exporter, exporters
from mien.report.language import Language
from mien.report.terminal.tables import as_text
from mien.report.terminal.timeline import render


@exporters.register
class Table(Exporter):
    """Plain text, 100 columns wide."""

    endings = ("txt",)

    def check(self, lang: str) -> None:
        """See the base class."""
        Language(lang)

    def write(self, export: Export) -> str:
        """The table that the terminal shows, without colours."""
        return as_text(render(export.timeline, export.lang), 100)
