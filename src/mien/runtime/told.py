"""Remembers what users were told today, so that the same note does not stand below every table."""

from __future__ import annotations

import hashlib
from datetime import date

from mien.runtime.cache import cache_folder, write_atomic


def first_today(text: str) -> bool:
    """Whether a text is told for the first time today. Where nothing can be remembered, it is always the first time."""
    today = date.today().isoformat()
    try:
        folder = cache_folder() / "told"
        folder.mkdir(exist_ok=True)
        file = folder / hashlib.sha256(text.encode()).hexdigest()[:16]
        if file.is_file() and file.read_text(encoding="ascii", errors="replace") == today:
            return False
        write_atomic(file, today)
    except OSError:
        return True
    return True
