"""A label track for Audacity: start, end and label, one answer a line."""

from __future__ import annotations

from mien.report.exporters.base import Export, Exporter


class Audacity(Exporter):
    """Times in seconds, columns apart by tabs. Audacity reads it with File, Import, Labels."""

    endings = ("labels",)

    def write(self, export: Export) -> str:
        """See the class."""
        return "".join(f"{p.span.start:.3f}\t{p.span.end:.3f}\t{p.label}\n" for p in export.timeline.predictions)
