"""Writes a public data set as a manifest."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

from mien.data.manifest import FILES
from mien.data.readers.base import LeftOut, read_set
from mien.data.rows import Row
from mien.errors import InputError
from mien.events import Progress, Work
from mien.runtime.cache import write_atomic


def write_manifest(reader: str, folder: Path, out: Path, left_out: LeftOut) -> Work[int]:
    """Writes the rows of a set as CSV. Paths become relative to the manifest's folder.

    Args:
        reader: name of the reader.
        folder: the data set.
        out: the .csv file to write.
        left_out: counts what the reader leaves out.

    Returns:
        The number of rows.

    Raises:
        InputError: ``out`` is not a .csv file in a folder that exists, or the reader cannot read the folder.
    """
    if out.suffix.lower() != ".csv" or not out.parent.is_dir():
        raise InputError(f"'{out}' should be a .csv file in a folder that exists")
    text, count, writer = io.StringIO(newline=""), 0, None
    for row in read_set(reader, folder, left_out):
        writer = writer or csv.DictWriter(text, list(row), lineterminator="\n")
        if not count:
            writer.writeheader()
        writer.writerow(_moved(row, folder.resolve(), out.parent.resolve()))
        count += 1
        yield Progress("read", reader, count)
    write_atomic(out, text.getvalue())
    return count


def _moved(row: Row, folder: Path, to: Path) -> dict[str, object]:
    paths = {name: folder / str(row[name]) for name in FILES if row.get(name)}
    return {**row, **{name: Path(os.path.relpath(path, to)).as_posix() for name, path in paths.items()}}
