from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow
import pytest
from pyarrow import parquet

from mien.data.rows import block_starts, blocks, read_arrays, read_rows
from mien.errors import RecipeError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    table = {
        "id": ["a", "b", "c"],
        "one": pyarrow.array([[1.0, 2.0], None, [3.0, 4.0]], pyarrow.list_(pyarrow.float32())),
        "many": pyarrow.array([[[1, 2], [3, 4]], [], [[5, 6]]], pyarrow.list_(pyarrow.list_(pyarrow.int64(), 2))),
        "uneven": [[[1.0], [2.0, 3.0]], [], []],
        "f1": [0.5, None, 1.5],
        "f2": [1.0, 2.0, 3.0],
        "words": [["no", "numbers"], [], None],
    }
    parquet.write_table(pyarrow.table(table), tmp_path / "t.parquet", row_group_size=2)
    return tmp_path / "t.parquet"


def test_rows_leave_arrays_of_numbers_out(file: Path) -> None:
    assert [list(row) for row in read_rows(file)] == [["id", "f1", "f2", "words"]] * 3
    assert [row["id"] for row in read_rows(file, 1)] == ["c"]
    assert (blocks(file), block_starts(file)) == (2, [0, 2])


def test_features_are_lists_lists_of_lists_or_columns(file: Path) -> None:
    assert [row.tolist() for row in read_arrays(file, "one", 0)] == [[1, 2], []]
    assert [row.tolist() for row in read_arrays(file, "many", 0)] == [[[1, 2], [3, 4]], []]
    assert [row.tolist() for row in read_arrays(file, "many", 1)] == [[[5, 6]]]
    numbers = read_arrays(file, "f*", 0)
    assert np.array_equal(numbers, np.asarray([[0.5, 1.0], [np.nan, 2.0]], np.float32), equal_nan=True)
    with pytest.raises(RecipeError, match=r"'uneven' of '.*' does not hold numbers: its rows have 1, 2 numbers"):
        read_arrays(file, "uneven", 0)
    with pytest.raises(RecipeError, match="has no column that fits 'x'"):
        read_arrays(file, "x", 0)
