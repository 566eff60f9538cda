"""Writes the content of a pickle as named arrays into an .npz file."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from mien.data.unpickling.arrays import Array
from mien.data.unpickling.opcodes import read_pickle
from mien.errors import InputError
from mien.runtime.cache import fill_atomic

_DEPTH = 20
_SPARE = 2**28  # bytes; all arrays together may take eight times the size of the file and so many more


def unpickle(path: Path, out: Path, left_out: Counter[str]) -> dict[Path, dict[str, NDArray[Any]]]:
    """Writes the arrays of a pickle as .npz: ``train/text`` is the array "text" in the dictionary "train".

    With "{split}" in the name of ``out``, each entry of the outermost dictionary becomes its own file. A recipe's
    ``manifest`` can name these files. The whole content is held in memory.

    Args:
        path: the pickle.
        out: the .npz file.
        left_out: counts each ``None`` of the pickle by its place, because it cannot be written as an array.

    Returns:
        {file: its arrays}.

    Raises:
        InputError: the pickle is refused, or its content does not fit ``out``. Then nothing is written.
    """
    if out.suffix.lower() != ".npz" or not out.parent.is_dir():
        raise InputError(f"'{out}' should be an .npz file in a folder that exists")
    value, instructions = read_pickle(path)
    walk = _Walk(2 * instructions + 1000, 8 * path.stat().st_size + _SPARE, left_out)
    if "{split}" not in out.name:
        files = {out: _unique(walk.arrays(value, "", 0))}
    elif isinstance(value, dict):
        names = {key: out.with_name(out.name.replace("{split}", _name(key))) for key in value}
        files = {names[key]: _unique(walk.arrays(part, "", 0)) for key, part in value.items()}
    else:
        raise InputError(f"'{path}' holds no dictionary of splits; leave {{split}} out of the name '{out.name}'")
    if not any(files.values()):
        raise InputError(f"'{path}' holds no arrays")
    for target, arrays in files.items():
        fill_atomic(target, partial(_write, arrays=arrays))
    return files


def _write(file: BinaryIO, arrays: Mapping[str, NDArray[Any]]) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, array, allow_pickle=False)


def _unique(pairs: Iterator[tuple[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    found: dict[str, NDArray[Any]] = {}
    for name, array in pairs:
        if name in found:
            raise InputError(f"two arrays of the pickle would be called '{name}'")
        found[name] = array
    return found


def _name(key: Any) -> str:
    """A key as part of a name. Anything but letters, digits, dot, minus and "_" becomes "_"."""
    return re.sub(r"[^\w.-]", "_", str(key)).strip(".") or "_"


class _Walk:
    """Goes through the content of a pickle, with limits on the number of visits and the size of the result.

    The limits stop values that contain themselves or appear many thousand times.
    """

    def __init__(self, visits: int, size: int, left_out: Counter[str]) -> None:
        self._visits, self._bytes, self._left_out = visits, size, left_out

    def arrays(self, value: Any, place: str, depth: int) -> Iterator[tuple[str, NDArray[Any]]]:
        """(name, array) of everything in a value."""
        self._count(1, depth)
        if isinstance(value, Array):
            value = value.values
        if isinstance(value, dict):
            for key, part in value.items():
                yield from self.arrays(part, _under(place, key), depth + 1)
        elif value is None:
            self._left_out[place] += 1
        elif isinstance(value, list | tuple):
            yield from self._sequence(value, place, depth)
        elif isinstance(value, np.ndarray):
            yield place or "array", self._room(value.nbytes, value)
        elif isinstance(value, str | bytes):
            self._room(5 * len(value), None)
            yield place or "array", np.asarray(_text(value))
        elif isinstance(value, bool | int | float | complex):
            yield place or "array", _numbers(value, place)
        else:
            raise InputError(f"the pickle has something at '{place}' that is no array, text or number")

    def _sequence(self, values: Sequence[Any], place: str, depth: int) -> Iterator[tuple[str, NDArray[Any]]]:
        self._count(len(values), depth)
        parts: list[Any] = [v.values if isinstance(v, Array) else v for v in values]
        if all(isinstance(v, bool | int | float) for v in parts):
            yield place or "array", self._room(8 * len(parts), _numbers(parts, place))
        elif all(isinstance(v, str | bytes) for v in parts):
            self._room(sum(map(len, parts)), None)
            texts = [_text(v) for v in parts]
            self._room(4 * len(texts) * max(map(len, texts)), None)
            yield place or "array", np.asarray(texts)
        elif all(isinstance(v, np.ndarray) for v in parts) and len({(v.shape, v.dtype) for v in parts}) == 1:
            self._room(sum(v.nbytes for v in parts), None)
            yield place or "array", np.stack(parts)
        else:
            for index, part in enumerate(parts):
                yield from self.arrays(part, _under(place, index), depth + 1)

    def _count(self, visits: int, depth: int) -> None:
        self._visits -= visits
        if depth > _DEPTH or self._visits < 0:
            raise InputError("the pickle holds the same values over and over, or one within itself; it is refused")

    def _room(self, size: int, value: Any) -> Any:
        self._bytes -= size
        if self._bytes < 0:
            raise InputError("the pickle would become many times its own size; it is refused")
        return value


def _under(place: str, key: Any) -> str:
    return f"{place}/{_name(key)}" if place else _name(key)


def _text(value: str | bytes) -> str:
    """Text. Bytes, which Python 2 wrote, are read as UTF-8, or as Latin-1 when they are not UTF-8."""
    if isinstance(value, str):
        return value
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _numbers(values: Any, place: str) -> NDArray[Any]:
    array = np.asarray(values)
    if array.dtype == object:
        raise InputError(f"the pickle has a number at '{place}' that no array can hold")
    return array
