"""Makes text safe for the terminal."""

from __future__ import annotations

import unicodedata


def harmless(text: str) -> str:
    """The text without control characters, so that words and file names cannot move the cursor or set colours."""
    return "".join(" " if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") else c for c in text)
