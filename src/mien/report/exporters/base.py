"""What an exporter is: a timeline to text."""

from __future__ import annotations

from typing import Protocol

from mien.registry import Family
from mien.timeline import Timeline


class Exporter(Protocol):
    """A function from a timeline to the text of a file."""

    def __call__(self, timeline: Timeline) -> str:
        """Write."""


exporters: Family[str] = Family("exporters", "mien.report.exporters")
