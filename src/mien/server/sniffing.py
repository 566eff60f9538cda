"""What an upload is, by its first bytes. Lists of other files (playlists) are no media, so nothing leads to another file."""

from __future__ import annotations

import re
from pathlib import Path

from mien.server.problems import RefusedError

_TEXTS = (".txt", ".srt", ".vtt", ".ass", ".ssa")
_FIRST = 4096  # bytes that are looked at
_MEDIA = re.compile(
    rb"""
    ....(ftyp|moov|mdat|wide|free|skip|pnot)           # MP4, MOV, 3GP
    | \x1a\x45\xdf\xa3                                 # Matroska, WebM
    | (RIFF|RIFX|RF64)....(WAVE|AVI\x20|WEBP)          # WAV, AVI, WebP
    | OggS | fLaC | ID3 | FLV\x01 | caff | \.snd | \#!AMR
    | FORM....AIF[FC]
    | \xff[\xe0-\xff]                                  # MP3, ADTS, and the JPEG that begins with FF D8
    | \x0b\x77                                         # AC-3
    | \x00\x00\x01[\xb3\xba]                           # MPEG
    | \x30\x26\xb2\x75\x8e\x66\xcf\x11                 # ASF: WMV, WMA
    | \x47.{187}\x47 | ....\x47.{191}\x47              # MPEG transport stream
    | \x06\x0e\x2b\x34                                 # MXF
    | \x89PNG\r\n\x1a\n | GIF8[79]a | BM | II\*\x00 | MM\x00\* | P[56]\s
    """,
    re.VERBOSE | re.DOTALL,
)


def kept_suffix(name: str) -> str:
    """The suffix of a client's file name where it counts: for texts. Media are known by their content alone."""
    suffix = Path(name.replace("\\", "/").replace("\0", "")).suffix.lower()
    return suffix if suffix in _TEXTS else ""


def check(path: Path, name: str) -> None:
    """Refuses an upload that is neither media nor text.

    Args:
        path: the upload.
        name: the name that the client gave.

    Raises:
        RefusedError: it is something else, or empty.
    """
    with path.open("rb") as file:
        first = file.read(_FIRST)
    if not first:
        raise RefusedError(422, "empty", f"'{shown(name)}' is empty; send a file with something in it")
    if kept_suffix(name) or _MEDIA.match(first):
        return
    raise RefusedError(
        415,
        "no-media",
        f"'{shown(name)}' is no video, sound or picture that is known, and its name has no ending of a text; "
        f"send media, or a text that ends with {', '.join(_TEXTS)}",
    )


def shown(name: str) -> str:
    """A client's file name as it may be shown: without folders and control characters, and not too long."""
    last = name.replace("\\", "/").rpartition("/")[2].encode("utf-8", "replace").decode("utf-8")
    return "".join(c for c in last if c.isprintable())[-100:] or "upload"
