"""A timeline to text or to a file, by the name of an exporter or by an ending."""

from __future__ import annotations

from pathlib import Path

from mien.errors import InputError
from mien.report.exporters.base import Export, exporter, exporter_for
from mien.runtime.cache import write_atomic
from mien.timeline import Timeline


def text_of(timeline: Timeline, name: str, lang: str = "en") -> str:
    """What an exporter writes.

    Raises:
        InputError: there is no such exporter or language, or the exporter lacks something.
    """
    writer = exporter(name)
    writer.check(lang)
    return writer.write(Export(timeline, lang))


def save(timeline: Timeline, path: Path, lang: str = "en") -> None:
    """Write what the ending of a path names.

    Raises:
        InputError: no exporter has this ending, it lacks something, or the file cannot be written.
    """
    put(path, text_of(timeline, exporter_for(path), lang))


def put(path: Path, content: str) -> None:
    """Write a file, whole or not at all. A link is followed: what it points at is replaced, not the link.

    Raises:
        InputError: if the disk refuses.
    """
    try:
        write_atomic(path.resolve(), content)
    except OSError as error:
        raise InputError(f"'{path}' cannot be written: {error.strerror}") from error
