"""Parquet: rows and features, a group of rows at a time."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np

from mien.errors import RecipeError
from mien.types import Float32


def groups(path: Path) -> int:
    """The number of groups of rows, each of which can be read alone."""
    return int(_opened(path).num_row_groups)


def group_sizes(path: Path) -> list[int]:
    """The number of rows of each group."""
    about = _opened(path).metadata
    return [about.row_group(k).num_rows for k in range(about.num_row_groups)]


def names(path: Path) -> list[str]:
    """The names of all columns, those with arrays too."""
    return list(_opened(path).schema_arrow.names)


def rows(path: Path, group: int | None = None) -> Iterator[Mapping[str, Any]]:
    """The rows in order, of one group or of all. Columns that hold arrays of numbers are left out.

    Raises:
        ValueError: two columns have the same name.
    """
    file = _opened(path)
    columns = file.schema_arrow
    twice = [name for name in columns.names if columns.names.count(name) > 1]
    if twice:
        raise ValueError(f"it has several columns called '{twice[0]}'")
    plain = [field.name for field in columns if not _is_array(field.type)]
    for batch in file.iter_batches(2048, None if group is None else [group], plain):
        yield from batch.to_pylist()


def arrays(path: Path, pattern: str, group: int) -> Sequence[Float32]:
    """The features of each row of a group, float32 (D,) or (T, D).

    They stand in one column of lists, or of lists of lists, or in the columns of numbers that fit a pattern. An absent number
    is NaN; an absent list has no rows.

    Raises:
        RecipeError: no column fits the pattern.
        ValueError: a column does not hold numbers, or lists of one length.
    """
    file = _opened(path)
    fitting = [name for name in file.schema_arrow.names if fnmatchcase(name, pattern)]
    if not fitting:
        raise RecipeError(f"'{path}' has no column that fits '{pattern}'")
    table = file.read_row_group(group, fitting)
    if len(fitting) == 1 and _is_array(table.schema.field(0).type):
        return _of_lists(table.column(0).combine_chunks())
    columns = [np.asarray(table.column(name).to_numpy(), np.float32) for name in fitting]
    return list(np.stack(columns, axis=1))


def _of_lists(column: Any) -> list[Float32]:
    import pyarrow
    from pyarrow import compute

    ends = np.concatenate([[0], np.cumsum(compute.fill_null(compute.list_value_length(column), 0).to_numpy())])
    inside = column.flatten()
    if not _is_array(column.type.value_type):
        numbers = inside.to_numpy(zero_copy_only=False).astype(np.float32, copy=False)
        return [numbers[a:b] for a, b in itertools.pairwise(ends)]
    sizes = np.unique(compute.list_value_length(inside).drop_null().to_numpy())
    if len(sizes) > 1 or isinstance(inside.flatten(), pyarrow.ListArray):
        raise ValueError(f"its rows have {', '.join(map(str, sizes))} numbers")
    numbers = inside.flatten().to_numpy(zero_copy_only=False).astype(np.float32, copy=False)
    table = numbers.reshape(-1, int(sizes[0]) if len(sizes) else 1)
    return [table[a:b] for a, b in itertools.pairwise(ends)]


def _is_array(kind: Any) -> bool:
    from pyarrow import types

    if not (types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)):
        return False
    inside = kind.value_type
    return bool(types.is_floating(inside) or types.is_integer(inside)) or _is_array(inside)


def _opened(path: Path) -> Any:
    try:
        from pyarrow import parquet
    except ImportError as error:
        raise RecipeError("Parquet files need pyarrow; run: pip install 'mien[train]'") from error
    return parquet.ParquetFile(path)
