"""Names from files of others that become names of files or folders here."""

from __future__ import annotations

import re
import unicodedata

_FORBIDDEN = re.compile(r'[/\\:*?"<>|]')
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
"""Names that Windows keeps for itself."""


def plain_name(name: str) -> bool:
    """Whether a name stays in its folder on every system.

    It has no folders and no device, no control characters, no dot or space at its start or end, and at most 200 bytes.
    """
    odd = any(unicodedata.category(c)[0] == "C" for c in name)
    fits = 0 < len(name.encode("utf-8", "replace")) <= 200
    return (
        fits and not odd and name == name.strip(" .") and not _FORBIDDEN.search(name) and not _DEVICES.fullmatch(name)
    )


def plain_path(path: str) -> bool:
    """Whether a path with "/" between plain names stays below the folder that it starts from."""
    return all(plain_name(part) for part in path.split("/"))
