"""How the page of a report gets its clip."""

from __future__ import annotations

import base64
import mimetypes
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote_from_bytes

from mien.errors import InputError

EMBED_LIMIT = 25_000_000
"""The largest clip, in bytes, that may be put into a page. Browsers are slow with more, or refuse it."""

Kind = Literal["video", "audio", "image", "text"]


@dataclass(frozen=True)
class Media:
    """The clip for a page.

    Attributes:
        kind: which player it needs; "text" needs none.
        url: relative to the page, percent-encoded; empty when the clip is embedded or has no file.
        mime: type of the embedded bytes.
        content: the bytes in base64; empty when the page refers to the file.
    """

    kind: Kind
    url: str = ""
    mime: str = ""
    content: str = ""


def referred(path: Path, page: Path, kind: Kind) -> Media:
    """A clip that stays in its file. Its address is relative to the folder of ``page``."""
    try:
        way = os.path.relpath(path.absolute(), page.absolute().parent)
    except ValueError:
        # On Windows there is no relative path from one drive to another.
        return Media(kind, path.absolute().as_uri())
    # Quoting replaces ":", "?" and "#", so that a file with the name "javascript:x" stays a file.
    return Media(kind, "./" + quote_from_bytes(os.fsencode(way.replace(os.sep, "/")), safe="/"))


def embedded(path: Path, kind: Kind) -> Media:
    """A clip that is put into the page itself.

    Raises:
        InputError: it is too large.
    """
    check_embeddable(path)
    guess = mimetypes.guess_type(path.name)[0] or ""
    mime = guess if guess.partition("/")[0] in ("video", "audio", "image") else f"{kind}/*"
    return Media(kind, mime=mime, content=base64.b64encode(path.read_bytes()).decode("ascii"))


def check_embeddable(path: Path) -> None:
    """Refuses a clip that is too large for a page.

    Raises:
        InputError: it is larger than ``EMBED_LIMIT``.
    """
    size = path.stat().st_size
    if size > EMBED_LIMIT:
        raise InputError(
            f"'{path}' has {size / 1e6:.0f} MB, and --embed takes at most {EMBED_LIMIT / 1e6:.0f}; "
            "leave --embed out and keep the clip beside its report"
        )
