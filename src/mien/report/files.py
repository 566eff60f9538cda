"""Writes a timeline as text, as bytes or to a file, by the name of an exporter or by a suffix."""

from __future__ import annotations

from pathlib import Path

from mien.errors import InputError
from mien.report.exporters.base import Export, exporter, exporter_for
from mien.runtime.cache import write_atomic
from mien.timeline import Timeline


def content_of(timeline: Timeline, name: str, lang: str = "en") -> str | bytes:
    """What an exporter writes.

    Raises:
        InputError: there is no such exporter or language, or a package that the exporter needs is missing.
    """
    writer = exporter(name)
    writer.check(lang)
    return writer.write(Export(timeline, lang))


def text_of(timeline: Timeline, name: str, lang: str = "en") -> str:
    """The text that an exporter writes.

    Raises:
        InputError: see ``content_of``; or the exporter writes no text.
    """
    content = content_of(timeline, name, lang)
    if isinstance(content, bytes):
        raise InputError(f"'{name}' writes no text; save the timeline in a file")
    return content


def save(timeline: Timeline, path: Path, lang: str = "en") -> None:
    """Writes a timeline with the exporter that has the suffix of the path.

    Raises:
        InputError: no exporter has this suffix, a package that it needs is missing, or the file cannot be written.
    """
    put(path, content_of(timeline, exporter_for(path), lang))


def put(path: Path, content: str | bytes) -> None:
    """Writes a whole file or nothing. For a link, the file it points to is replaced, not the link.

    Raises:
        InputError: the file cannot be written.
    """
    try:
        write_atomic(path.resolve(), content)
    except OSError as error:
        raise InputError(f"'{path}' cannot be written: {error.strerror}") from error
    except ValueError as error:  # the name holds a zero byte
        raise InputError(f"{str(path)!r} is no name of a file") from error
