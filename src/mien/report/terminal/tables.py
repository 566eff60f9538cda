"""Tables on the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.table import Table


def table(title: str, head: Sequence[str], rows: Iterable[Sequence[str]], note: str = "") -> Table:
    """The first column to the left, numbers to the right; ``note`` stands below."""
    found = Table(title=title or None, title_justify="left", caption=note or None, caption_justify="left")
    for number, name in enumerate(head):
        found.add_column(name, justify="left" if number == 0 else "right")
    for row in rows:
        found.add_row(*row)
    return found
