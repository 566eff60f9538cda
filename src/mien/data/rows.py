"""Manifest files to rows: CSV, Parquet, JSON Lines and .npz, read one row at a time."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.errors import RecipeError

Row = Mapping[str, Any]
"""Column -> value: text, a number, or nothing (``None`` or "")."""


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of a manifest, in order. Of an .npz file, every array of one dimension is a column.

    Raises:
        RecipeError: no such file, or not one that can be read.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise RecipeError(f"'{path}' is no manifest; use one of {', '.join(sorted(_READERS))}")
    if not path.is_file():
        raise RecipeError(f"there is no manifest at '{path}'")
    try:
        yield from reader(path)
    except (ValueError, OSError, csv.Error) as error:
        raise RecipeError(f"the manifest '{path}' cannot be read: {error}") from error


def read_array(path: Path, name: str) -> NDArray[np.float32]:
    """A feature array beside the rows, float32 (N, ...): an array of an .npz file, or the columns that fit a pattern.

    Raises:
        RecipeError: there is no such array or column, or it holds other than numbers.
    """
    try:
        if path.suffix.lower() == ".npz":
            with np.load(path, allow_pickle=False) as arrays:
                return np.asarray(arrays[name], np.float32)
        return _columns(path, name)
    except KeyError:
        raise RecipeError(f"'{path}' has no array '{name}'") from None
    except (ValueError, TypeError) as error:
        raise RecipeError(f"'{name}' of '{path}' does not hold numbers: {error}") from error


def _columns(path: Path, pattern: str) -> NDArray[np.float32]:
    from fnmatch import fnmatchcase

    rows = list(read_rows(path))
    names = [n for n in (rows[0] if rows else ()) if fnmatchcase(n, pattern)]
    if not names:
        raise RecipeError(f"'{path}' has no column that fits '{pattern}'")
    return np.asarray([[float(row[n]) for n in names] for row in rows], np.float32)


def _csv(path: Path) -> Iterator[Row]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        yield from csv.DictReader(file)


def _parquet(path: Path) -> Iterator[Row]:
    from pyarrow import parquet

    for batch in parquet.ParquetFile(path).iter_batches(2048):
        yield from batch.to_pylist()


def _json_lines(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8-sig") as file:
        for line in file:
            if line.strip():
                yield json.loads(line)


def _npz(path: Path) -> Iterator[Row]:
    with np.load(path, allow_pickle=False) as arrays:
        columns = {name: arrays[name].tolist() for name in arrays.files if arrays[name].ndim == 1}
    for values in zip(*columns.values(), strict=True):
        yield dict(zip(columns, values, strict=True))


_READERS = {".csv": _csv, ".parquet": _parquet, ".jsonl": _json_lines, ".npz": _npz}
