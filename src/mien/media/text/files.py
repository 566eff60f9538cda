"""Reads the characters of a text file in any common encoding."""

from __future__ import annotations

import codecs
import re
from pathlib import Path
from typing import NamedTuple

from mien.errors import InputError
from mien.events import Notice

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins with the mark of UTF-16, so it is tried first
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SINGLE = (
    *("cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "cp874"),
    *("koi8-r", "koi8-u"),
)
_DOUBLE = ("gb18030", "big5hkscs", "cp932", "euc_jis_2004", "cp949")
"""Encodings older than UTF-8: those with one byte a character (``_SINGLE``), and those of East Asia with two."""
_LINES = 5000  # the guess looks at no more lines
_COMMONEST = "cp1252"
_USUAL = 1.25  # a short text in Latin letters fits several encodings about equally well; this prefers the commonest
_NO_TEXT = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f-\x9f\u2500-\u259f\ue000-\uf8ff]")
"""Characters that a wrong encoding gives and that no text holds: control characters, box drawing, private use."""


class Text(NamedTuple):
    """``content`` of a file, with a line feed at each end of line, and ``notices`` of what was guessed or not readable."""

    content: str
    notices: tuple[Notice, ...] = ()


def read_text(path: Path, largest: int) -> Text:
    """The text of a file in UTF-8, UTF-16, UTF-32 or an older encoding. An older encoding is guessed from the text.

    A single damaged byte of UTF-8 becomes a replacement character; a notice counts them.

    Args:
        path: the file.
        largest: bytes the file may have.

    Raises:
        InputError: the file cannot be read, is too large or empty, or is not text in an encoding that can be guessed.
    """
    raw = _bytes(path, largest)
    found = _marked(raw) or _utf8(raw, path) or _guessed(raw, path)
    if found is None:
        raise InputError(f"'{path}' is not a text file, or its encoding is not known; save it as UTF-8")
    if not found.content.strip():
        raise InputError(f"'{path}' is empty")
    return found._replace(content=found.content.replace("\r\n", "\n").replace("\r", "\n"))


def _bytes(path: Path, largest: int) -> bytes:
    if path.exists() and not path.is_file():
        raise InputError(f"'{path}' is not an ordinary file")
    try:
        with path.open("rb") as file:
            raw = file.read(largest + 1)
    except OSError as error:
        raise InputError(f"'{path}' cannot be read: {error.strerror}") from error
    if len(raw) > largest:
        raise InputError(f"'{path}' is larger than {largest // 10**6} MB; split it")
    return raw


def _marked(raw: bytes) -> Text | None:
    """The text in the encoding of its byte order mark; ``None`` without a mark, for UTF-8, or when the mark is wrong."""
    encoding = next((name for mark, name in _MARKS if raw.startswith(mark)), None)
    if encoding is None or encoding == "utf-8":
        return None
    try:
        return Text(raw.decode(encoding))
    except UnicodeDecodeError:
        return None


def _utf8(raw: bytes, path: Path) -> Text | None:
    """The text as UTF-8; ``None`` when more characters beyond ASCII are damaged than good."""
    text = raw.decode("utf-8-sig", "replace")
    bad = text.count("\ufffd") - raw.count("\ufffd".encode())
    good = sum(len(c.encode()) - 1 for c in text if c > "\x7f" and c != "\ufffd")
    if "\0" in text or (bad and good <= bad):
        return None
    return Text(text, _damage(bad, path))


def _guessed(raw: bytes, path: Path) -> Text | None:
    """The text in the encoding that fits best, by the statistics of chardet; ``None`` when no encoding gives a text."""
    # Lines of plain ASCII (numbers and times) tell nothing about the encoding.
    telling = [line for line in raw.splitlines() if not line.isascii() or b"\0" in line][:_LINES]
    sure = _double(telling)
    for encoding in [sure] if sure else [e for e in _fitting(telling) if _decodes(raw, e)]:
        text = raw.decode(encoding, "replace")
        if not _NO_TEXT.search(text):
            guess = Notice("encoding_guessed", {"file": path.name, "encoding": encoding})
            return Text(text, (guess, *_damage(text.count("\ufffd"), path)))
    return None


def _double(lines: list[bytes]) -> str | None:
    """The encoding with two bytes a character that fits most lines but not all, so that a bad byte loses its line only."""
    for encoding in _DOUBLE:
        fitting = [line for line in lines if _decodes(line, encoding)]
        few = 0 < len(lines) - len(fitting) <= max(1, len(lines) // 4)
        if few and fitting and _fitting(fitting)[:1] == [encoding]:
            return encoding
    return None


def _fitting(lines: list[bytes]) -> list[str]:
    """Encodings, the most probable first."""
    from chardet import detect_all

    text = b"\n".join(lines)
    wanted = ("utf-16-le", "utf-16-be") if b"\0" in text else (*_SINGLE, *_DOUBLE)
    fits = detect_all(text, ignore_threshold=True, compat_names=False, include_encodings=wanted)
    chances = {f["encoding"]: f["confidence"] for f in fits if f["encoding"] is not None}
    if _COMMONEST in chances:
        chances[_COMMONEST] *= _USUAL
    return sorted(chances, key=lambda encoding: -chances[encoding])


def _decodes(raw: bytes, encoding: str) -> bool:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _damage(bad: int, path: Path) -> tuple[Notice, ...]:
    return (Notice("text_damaged", {"file": path.name, "count": bad}),) if bad else ()
