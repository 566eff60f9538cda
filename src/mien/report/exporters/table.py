"""The table of the terminal, as text."""

from __future__ import annotations

from mien.report.exporters.base import exporters
from mien.report.terminal.tables import as_text
from mien.report.terminal.timeline import render
from mien.timeline import Timeline


@exporters.register
def write_table(timeline: Timeline) -> str:
    """Plain text, 100 columns wide."""
    return as_text(render(timeline), 100)
