"""Turns notices into sentences in the reader's language. No other code does, and no code decides by a sentence."""

from __future__ import annotations

from mien.events import Notice
from mien.report.language import Language


def sentence(notice: Notice, lang: str = "en") -> str:
    """One sentence without its full stop. An unknown notice, such as one of a plugin, becomes its code and values.

    Raises:
        InputError: there is no such language.
    """
    known = Language(lang).table["notices"].get(notice.code)
    if known is None:
        values = ", ".join(f"{name} {value}" for name, value in notice.values.items())
        return f"{notice.code}: {values}" if values else notice.code
    return str(known).format(**notice.values)
