"""Notices as sentences, in the reader's language. No other code makes sentences of them, and none reads one to decide."""

from __future__ import annotations

from mien.events import Notice
from mien.report.page.words import Language, languages


def sentence(notice: Notice, lang: str = "en") -> str:
    """One sentence without its full stop. A notice that no catalogue knows, of a plugin perhaps, is its code and values.

    Raises:
        InputError: there is no such language.
    """
    known = Language(lang).table["notices"].get(notice.code)
    if known is None:
        values = ", ".join(f"{name} {value}" for name, value in notice.values.items())
        return f"{notice.code}: {values}" if values else notice.code
    return str(known).format(**notice.values)


__all__ = ["languages", "sentence"]
