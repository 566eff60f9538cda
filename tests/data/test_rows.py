"""Manifests that are not as they should be: each is told in one sentence."""

from __future__ import annotations

import io
import tracemalloc
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from mien.data.rows import read_arrays, read_rows
from mien.errors import RecipeError

ARRAY = io.BytesIO()
np.save(ARRAY, np.zeros(3))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("m.csv", b"", "has no rows"),
        ("m.csv", b"text,label\n", "has no rows"),
        ("m.csv", "text\ncafé\n".encode("latin-1"), "is not UTF-8 text; save it as UTF-8"),
        ("m.csv", "text\nhi\n".encode("utf-16"), "is not UTF-8 text"),
        ("m.csv", b"text,label,text\na,b,c\n", "several columns called 'text'"),
        ("m.csv", b"text;label\na;b\n", "separated by ';'; separate them by commas"),
        ("m.csv", b"text\tlabel\na\tb\n", "separate them by commas"),
        ("m.csv", b'text,label\na,b\n"a,b\nc,d\n', "the row that begins at line 3 is no CSV"),
        (
            "m.csv",
            b"text,label\n" + b"x" * 1_000_001 + b",b\n",
            "larger than field limit",
        ),
        ("m.csv", b"text,label\na,b\na, b, c\n", "line 3 has more values than the header"),
        ("m.csv", b'text,label\n"never closed,b\n', "cannot be read"),
        ("m.jsonl", b'{"text": "a"}\n{"text"\n', "line 2 is no JSON"),
        ("m.jsonl", b"[1, 2]\n", "line 1 is no object"),
        ("m.parquet", b"PAR1 not really", "cannot be read"),
        ("m.npz", b"PK\x03\x04 cut off", "cannot be read"),
        ("m.npz", b"nothing like it", "cannot be read: it is no .npz file of numbers and text"),
        ("m.npz", ARRAY.getvalue(), "cannot be read: it is no .npz file of numbers and text"),
        ("m.xlsx", b"PK", "is no manifest; use one of .csv, .jsonl, .npz, .parquet, .tar"),
    ],
)
def test_bad_manifests_are_told(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(RecipeError, match=message):
        list(read_rows(path))


def test_what_pandas_writes_for_nothing_is_nothing(tmp_path: Path) -> None:
    import pyarrow
    from pyarrow import parquet

    (tmp_path / "m.jsonl").write_text('{"text": NaN, "valence": 0.5, "f1": NaN}\n', encoding="utf-8")
    table = {"text": [float("nan")], "valence": [0.5], "f1": [float("nan")]}
    parquet.write_table(pyarrow.table(table), tmp_path / "m.parquet")
    np.savez(tmp_path / "m.npz", **{name: np.asarray(values) for name, values in table.items()})  # type: ignore[arg-type]
    for name in ("m.jsonl", "m.parquet", "m.npz"):
        assert list(read_rows(tmp_path / name)) == [{"text": None, "valence": 0.5, "f1": None}], name
    for name in ("m.jsonl", "m.parquet"):
        assert np.isnan(read_arrays(tmp_path / name, "f*")).all(), "as in an .npz, a feature that is not there is NaN"


def test_arrays_of_unequal_length_and_of_objects(tmp_path: Path) -> None:
    np.savez(tmp_path / "m.npz", a=np.zeros(3), b=np.zeros(2))
    with pytest.raises(RecipeError, match="differ in length"):
        list(read_rows(tmp_path / "m.npz"))
    np.savez(tmp_path / "o.npz", a=np.asarray([{}, "x"], dtype=object))
    with pytest.raises(RecipeError, match=r"cannot be read: .* \(Python objects are never loaded\)$"):
        list(read_rows(tmp_path / "o.npz"))
    with pytest.raises(RecipeError, match=r"does not hold numbers: .* \(Python objects are never loaded\)$"):
        read_arrays(tmp_path / "o.npz", "a")


def test_parquet_with_two_columns_of_one_name(tmp_path: Path) -> None:
    import pyarrow
    from pyarrow import parquet

    parquet.write_table(pyarrow.Table.from_arrays([[1], [2]], names=["text", "text"]), tmp_path / "m.parquet")
    with pytest.raises(RecipeError, match="several columns called 'text'"):
        list(read_rows(tmp_path / "m.parquet"))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["m.csv", "m.jsonl"])
def test_a_million_rows_stream(tmp_path: Path, name: str) -> None:
    lines = ("word,happy\n", "text,label\n") if name == "m.csv" else ('{"text": "word", "label": "happy"}\n', "")
    (tmp_path / name).write_text(lines[1] + lines[0] * 1_000_000)
    rows = read_rows(tmp_path / name)
    tracemalloc.start()
    read = sum(1 for _ in islice(rows, 50_000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert read + sum(1 for _ in rows) == 1_000_000
    assert peak < 1e6, "rows are not kept"


def test_a_cell_may_hold_a_chapter(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("text,label\n" + "so it goes " * 40_000 + ",sad\n", encoding="utf-8")
    (row,) = read_rows(tmp_path / "m.csv")
    assert len(row["text"]) == 440_000
