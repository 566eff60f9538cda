"""Known words: .srt, .vtt and plain text."""

from __future__ import annotations

import re
from pathlib import Path

from mien.errors import InputError
from mien.types import Span, Word, Words

_TIME = re.compile(r"(?:(\d+):)?(\d{1,2}):(\d{2})[.,](\d{1,3})")
_MARKUP = re.compile(r"<[^>]*>|\{\\[^}]*\}")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])|\n+")
_MAX_BYTES = 20_000_000


def read_text(path: Path) -> str:
    """A text file in UTF-8, UTF-16 or Latin-1.

    Raises:
        InputError: if it cannot be read, is too large, or is not text.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"'{path}' cannot be read: {error.strerror}") from error
    if len(raw) > _MAX_BYTES:
        raise InputError(f"'{path}' is larger than {_MAX_BYTES // 10**6} MB; split it")
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    if "\0" in text:
        raise InputError(f"'{path}' is not a text file")
    if not text.strip():
        raise InputError(f"'{path}' is empty")
    return text


def read_subtitles(path: Path) -> Words:
    """Words of an .srt or .vtt file with their times; the words of a cue are spread over it by their length.

    Raises:
        InputError: if it holds no cue.
    """
    words: list[Word] = []
    for block in re.split(r"\n\s*\n", read_text(path).replace("\r\n", "\n").replace("\r", "\n")):
        lines = block.strip().split("\n")
        at = next((i for i, line in enumerate(lines) if "-->" in line), None)
        span = _cue_span(lines[at]) if at is not None else None
        if at is not None and span is not None:
            words += spread(_MARKUP.sub("", " ".join(lines[at + 1 :])), span)
    if not words:
        raise InputError(f"'{path}' holds no subtitle with a time; is it an .srt or .vtt file?")
    return Words(tuple(sorted(words, key=lambda w: w.span)))


def _cue_span(line: str) -> Span | None:
    found = _TIME.findall(line)
    if len(found) < 2:
        return None
    start, end = (
        int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds) + float(f"0.{fraction}")
        for hours, minutes, seconds, fraction in found[:2]
    )
    return Span(start, end) if end > start else None


def spread(text: str, span: Span) -> list[Word]:
    """The words of a text over a stretch of time, in proportion to their length."""
    pieces = text.split()
    if not pieces:
        return []
    total = sum(len(p) for p in pieces)
    words, at = [], span.start
    for piece in pieces:
        end = min(span.end, at + span.duration * len(piece) / total)
        words.append(Word(piece, Span(at, end)))
        at = end
    return words


def sentences(text: str) -> list[str]:
    """Sentences of a text; Chinese punctuation counts."""
    return [s.strip() for s in _SENTENCE.split(text) if s and s.strip()]
