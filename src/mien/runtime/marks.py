"""Parts of documents that commands write. A part stands between ``<!-- name -->`` and ``<!-- end of name -->``."""

from __future__ import annotations

from mien.errors import InputError


def marks(name: str) -> tuple[str, str]:
    """The lines before and after the part with this name."""
    return f"<!-- {name} -->", f"<!-- end of {name} -->"


def rebuilt(text: str, name: str, content: str) -> str:
    """The document with new content in the part with this name.

    Raises:
        InputError: the document does not have the marks.
    """
    start, end = marks(name)
    before, found, rest = text.partition(start)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise InputError(f"the document has no place for '{name}'; put '{start}' and '{end}' into it, a line each")
    return f"{before}{start}\n{content}\n{end}{after}"
