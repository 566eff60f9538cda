"""Reads the rows of manifest files: CSV, Parquet, JSON Lines, .npz, and .tar shards of WebDataset."""

from __future__ import annotations

import csv
import itertools
import json
import math
import tarfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import BadZipFile

import numpy as np
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

from mien.data.shards import parquet, webdataset
from mien.errors import RecipeError
from mien.files.tables import check_arrays

_LARGEST_CELL = 1_000_000  # characters; a novel has about half as many
_NO_ARRAYS = "it is no .npz file of numbers and text (Python objects are never loaded)"

Row = Mapping[str, Any]
"""{column: value}. A value is text, a number, or absent (``None`` or ""). NaN, which pandas writes for absent, is ``None``."""


class Entry(NamedTuple):
    """A row of a manifest.

    Attributes:
        path: the manifest.
        number: of the row in the manifest, from 0.
        row: its values.
        folder: the folder from which its paths start.
    """

    path: Path
    number: int
    row: Row
    folder: Path


class Tables:
    """Reads each manifest or public set once, and keeps its rows.

    Args:
        known: {file: rows} that are already read; ``None`` for none.
    """

    def __init__(self, known: Mapping[Path, Sequence[Row]] | None = None) -> None:
        self._rows = {path.absolute(): tuple(rows) for path, rows in (known or {}).items()}

    def rows(self, path: Path, read: Callable[[Path], Iterable[Row]]) -> Sequence[Row]:
        """The rows of a file or folder. ``read`` is called for it once; its errors are passed on."""
        key = path.absolute()
        if key not in self._rows:
            self._rows[key] = tuple(read(path))
        return self._rows[key]


def blocks(path: Path) -> int:
    """How many blocks a manifest has that can be read alone: the groups of rows of a Parquet file; 1 for other files."""
    return parquet.groups(path) if path.suffix.lower() == ".parquet" and path.is_file() else 1


def read_rows(path: Path, block: int | None = None) -> Iterator[Row]:
    """The rows of a manifest, in order. In an .npz file, every array with one dimension is a column.

    Args:
        path: the manifest.
        block: the number of the only block that is read, see ``blocks``; ``None`` for the whole file.

    Raises:
        RecipeError: there is no such file, it cannot be read, or it has no rows.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise RecipeError(f"'{path}' is no manifest; use one of {', '.join(sorted(_READERS))}")
    if not path.is_file():
        raise RecipeError(f"there is no manifest at '{path}'")
    row = None
    try:
        for row in reader(path) if block is None or blocks(path) == 1 else parquet.rows(path, block):
            yield {column: None if _is_nan(value) else value for column, value in row.items()}
    except UnicodeDecodeError as error:
        raise RecipeError(f"the manifest '{path}' is not UTF-8 text; save it as UTF-8 ({error.reason})") from error
    except (ValueError, OSError, csv.Error, tarfile.TarError, zipfile.BadZipFile) as error:
        raise RecipeError(f"the manifest '{path}' cannot be read: {error}") from error
    if row is None and not block:
        raise RecipeError(f"the manifest '{path}' has no rows; it needs a header and a row for each clip")


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def read_arrays(path: Path, name: str, block: int = 0) -> Sequence[NDArray[np.float32]]:
    """The features of each row of a block, float32 (D,) or (T, D).

    They are an array of an .npz file, the columns that fit a pattern, a column of lists of a Parquet file, or files such as
    ``<key>.<name>.npy`` in a .tar. An absent value in a column gives NaN.

    Raises:
        RecipeError: there is no such array or column, or it holds something else than numbers.
    """
    try:
        match path.suffix.lower():
            case ".npz":
                with _opened(path) as arrays:
                    values = np.asarray(_array(arrays, name), np.float32)
                    return list(values[:, None] if values.ndim == 1 else values)
            case ".parquet":
                return parquet.arrays(path, name, block)
            case ".tar":
                return webdataset.arrays(path, name)
        return list(_columns(path, name))
    except KeyError:
        raise RecipeError(f"'{path}' has no array '{name}'") from None
    except (ValueError, TypeError) as error:
        raise RecipeError(f"'{name}' of '{path}' does not hold numbers: {error}") from error


def block_starts(path: Path) -> list[int]:
    """The number of the first row of each block, see ``blocks``."""
    sizes = parquet.group_sizes(path) if path.suffix.lower() == ".parquet" else [0]
    return [0, *itertools.accumulate(sizes)][:-1]


def _columns(path: Path, pattern: str) -> NDArray[np.float32]:
    rows = list(read_rows(path))
    names = [n for n in (rows[0] if rows else ()) if fnmatchcase(n, pattern)]
    if not names:
        raise RecipeError(f"'{path}' has no column that fits '{pattern}'")
    return np.asarray(
        [[math.nan if row[n] in (None, "") else float(row[n]) for n in names] for row in rows], np.float32
    )


def _csv(path: Path) -> Iterator[Row]:
    csv.field_size_limit(_LARGEST_CELL)
    read = 0
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = csv.DictReader(file, strict=True)
        try:
            _check_names(rows.fieldnames or ())
            read = rows.line_num
            for row in rows:
                read = rows.line_num
                if None in row:
                    raise ValueError(f"line {read} has more values than the header has columns")
                yield row
        except csv.Error as error:
            place = f"the row that begins at line {read + 1}"
            raise ValueError(f"{place} is no CSV ({error}); is a quote opened in it and never closed?") from error


def _check_names(names: Sequence[str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise ValueError(f"it has several columns called '{twice[0]}'")
    other = next((s for s in ";\t" if len(names) == 1 and s in names[0]), None)
    if other:
        raise ValueError(f"its columns are separated by {other!r}; separate them by commas")


def _json_lines(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                yield _object(line, number)


def _object(line: str, number: int) -> Row:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"line {number} is no JSON: {error.msg}") from error
    if not isinstance(row, dict):
        raise ValueError(f"line {number} is no object of columns and values")
    return row


def _npz(path: Path) -> Iterator[Row]:
    with _opened(path) as arrays:
        found = {name: _array(arrays, name) for name in arrays.files}
    columns = {name: array.tolist() for name, array in found.items() if array.ndim == 1}
    if len({len(values) for values in columns.values()}) > 1:
        raise ValueError("its arrays of one dimension differ in length")
    for values in zip(*columns.values(), strict=True):
        yield dict(zip(columns, values, strict=True))


@contextmanager
def _opened(path: Path) -> Iterator[NpzFile]:
    """The arrays of an .npz file.

    Raises:
        ValueError: it is not an .npz file. NumPy's own message would advise pickles, which mien never loads.
    """
    # NumPy does not close a damaged file that it opened itself, so the file is opened here.
    with path.open("rb") as file:
        try:
            check_arrays(path)
            arrays = np.load(file, allow_pickle=False)
        except (ValueError, BadZipFile) as error:
            raise ValueError(_NO_ARRAYS) from error
        if not isinstance(arrays, NpzFile):
            raise ValueError(_NO_ARRAYS)
        with arrays:
            yield arrays


def _array(arrays: NpzFile, name: str) -> NDArray[Any]:
    try:
        found: NDArray[Any] = arrays[name]
    except ValueError as error:  # it holds Python objects
        raise ValueError(_NO_ARRAYS) from error
    return found


_READERS = {
    ".csv": _csv,
    ".parquet": parquet.rows,
    ".jsonl": _json_lines,
    ".npz": _npz,
    ".tar": webdataset.rows,
}
