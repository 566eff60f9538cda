"""Text that cannot command a terminal."""

from __future__ import annotations

import unicodedata


def harmless(text: str) -> str:
    """The text without control characters: words and file names must not move the cursor or set colours."""
    return "".join(" " if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") else c for c in text)
