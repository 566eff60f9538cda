"""Reads tables and arrays that somebody else may have written: JSON, and .npz files of NumPy."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mien.errors import InputError
from mien.files.ordinary import open_file, read_bytes

if TYPE_CHECKING:
    from numpy.lib.npyio import NpzFile

_LARGEST_TABLE = 50_000_000  # bytes
_LARGEST_ARRAYS = 4_000_000_000  # bytes of all arrays of a file, unpacked
_FAULTS = (ValueError, KeyError, OSError, EOFError, MemoryError, RuntimeError, zipfile.BadZipFile, zlib.error)
_MOST_ARRAYS = 10_000
_SQUEEZED = 200  # how many times smaller than its arrays a file may be; real features shrink two to ten times
_SMALL = 200_000_000  # bytes of arrays that any file may hold


def read_table(path: Path, remedy: str, largest: int = _LARGEST_TABLE) -> dict[str, Any]:
    """The table in a JSON file.

    Args:
        path: the file.
        remedy: what the user can do when the file is damaged, for the message.
        largest: bytes that the file may have.

    Raises:
        InputError: there is no such file, or it is no ordinary file, too large, no JSON or no table.
    """
    try:
        table = json.loads(read_bytes(path, largest))
    except (ValueError, RecursionError) as error:
        raise InputError(f"'{path}' is damaged: it is not valid JSON; {remedy}") from error
    if not isinstance(table, dict):
        raise InputError(f"'{path}' holds no table but {type(table).__name__}; {remedy}")
    return table


@contextmanager
def arrays(path: Path, remedy: str) -> Iterator[NpzFile]:
    """The arrays of an .npz file. They are read when they are asked for, inside the ``with`` block.

    Args:
        path: the file.
        remedy: what the user can do when the file is damaged, for the message.

    Raises:
        InputError: there is no such file, or it is no ordinary file, no .npz file, damaged or too large. What is
            wrong with an array is raised where it is asked for.
    """
    import numpy as np

    with open_file(path) as file:
        try:
            check_arrays(path)
            with np.load(file, allow_pickle=False) as found:
                if not hasattr(found, "files"):
                    raise ValueError("it holds one array")
                yield found
        except _FAULTS as error:
            raise InputError(f"'{path}' is damaged, or not what it should be; {remedy}") from error


def check_arrays(path: Path) -> None:
    """Refuses an .npz file whose arrays are far larger than the file: 6 MB can hold 6 GB of zeros.

    Raises:
        InputError: the arrays are too large, or too many.
        zipfile.BadZipFile, OSError: it is no .npz file.
    """
    with open_file(path) as file, zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
        packed = file.seek(0, 2)
    size = sum(entry.file_size for entry in entries)
    if len(entries) > _MOST_ARRAYS or size > _LARGEST_ARRAYS or size > max(_SMALL, _SQUEEZED * packed):
        raise InputError(
            f"'{path}' unpacks to {size / 1e9:.1f} GB in {len(entries):,} arrays, which is too much for a file of "
            f"{packed / 1e6:.1f} MB; check that it is the file you mean"
        )
