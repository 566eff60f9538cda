"""Shows moments of several clips as a table for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from mien.report.clock import clock
from mien.report.language import Language
from mien.report.moments import Moment
from mien.report.terminal.tables import table
from mien.report.terminal.timeline import percent

_WORDS = 80  # characters of the words of a moment


def render(moments: Sequence[Moment], say: Language) -> Table:
    """The table: clip, time, person, words, label."""
    head = [say("page.clip"), *(say(f"terminal.{name}") for name in ("time", "person", "words", "expressed"))]
    rows = [
        (
            m.source,
            f"{clock(m.start, 1)}-{clock(m.end, 1)}",
            m.who or "",
            m.text if len(m.text) <= _WORDS else m.text[:_WORDS] + "…",
            f"{say.table['labels'].get(m.label, m.label)}{'?' if m.uncertain else ''} {percent(m.probability)}",
        )
        for m in moments
    ]
    return table(head, rows, folded=(0, 3))
