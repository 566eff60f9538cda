"""A label track for Audacity: start, end and label, one answer a line."""

from __future__ import annotations

from mien.timeline import Timeline


def audacity(timeline: Timeline) -> str:
    """The text of the file; times in seconds, columns apart by tabs."""
    return "".join(f"{p.span.start:.3f}\t{p.span.end:.3f}\t{p.label}\n" for p in timeline.predictions)
