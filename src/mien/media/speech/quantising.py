"""Stores a model of CTranslate2 with weights of 8 bits, as CTranslate2 makes them itself when it loads 16 bits."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from mien.types import Float32

_VERSION = 6  # of the format that is read and written
_FLOAT32, _INT8, _FLOAT16 = 0, 1, 4  # what the format calls them
_ROWS = 2048  # of a matrix, that are in memory at once


class _Variable(NamedTuple):
    """What stands before the values of a variable."""

    name: str
    shape: tuple[int, ...]
    kind: int
    size: int  # bytes

    @property
    def matrix(self) -> bool:
        """Whether it is multiplied with 8 bits: the weights of linear maps and the table of tokens."""
        return self.name.endswith("/weight") and len(self.shape) == 2 and self.kind == _FLOAT16


def quantise(source: Path, target: Path) -> None:
    """Writes the model in ``source`` to ``target``, its matrices as int8 with one scale a row (127 / the largest value).

    The answers are the same to the bit, because CTranslate2 computes the same numbers while it loads. But then it holds both
    for a moment: for Whisper base, 330 MB instead of 200, and it takes three times as long.

    Args:
        source: a ``model.bin`` of 16 bits. Its content is trusted: it was checked by its hash.
        target: is written.
    """
    with source.open("rb") as old, target.open("wb") as new:
        new.write(_head(old))
        (count,) = _numbers(old, "I")
        place = new.tell()
        new.write(struct.pack("<I", count))
        scales = [name for _ in range(count) for name in _copied(old, new)]
        (aliases,) = _numbers(old, "I")
        pairs = [(_text(old), _text(old)) for _ in range(aliases)]
        pairs += [(f"{alias}_scale", f"{name}_scale") for alias, name in pairs if f"{name}_scale" in scales]
        new.write(struct.pack("<I", len(pairs)))
        for pair in pairs:
            new.writelines(_written(text) for text in pair)
        new.seek(place)
        new.write(struct.pack("<I", count + len(scales)))


def _head(file: BinaryIO) -> bytes:
    """The version of the format, the kind of the model and its revision."""
    (version,) = _numbers(file, "I")
    if version != _VERSION:
        raise ValueError(f"the model has version {version} of the format, not {_VERSION}")
    return struct.pack("<I", version) + _written(_text(file)) + file.read(4)


def _copied(old: BinaryIO, new: BinaryIO) -> Iterator[str]:
    """Copies a variable, and yields the name of the scales that follow it where it is a matrix."""
    name = _text(old)
    (rank,) = _numbers(old, "B")
    shape = _numbers(old, f"{rank}I")
    variable = _Variable(name, shape, *_numbers(old, "BI"))
    if not variable.matrix:
        new.write(_before(variable) + old.read(variable.size))
        return
    rows, columns = shape
    new.write(_before(_Variable(name, shape, _INT8, rows * columns)))
    scales = []
    for at in range(0, rows, _ROWS):
        block = np.frombuffer(old.read(2 * columns * min(_ROWS, rows - at)), "<f2").reshape(-1, columns)
        scales.append(_quantised(block.astype(np.float32), new))
    scale = np.concatenate(scales)
    new.write(_before(_Variable(f"{name}_scale", scale.shape, _FLOAT32, scale.nbytes)))
    new.write(scale.astype("<f4").tobytes())
    yield f"{name}_scale"


def _quantised(rows: Float32, new: BinaryIO) -> Float32:
    """Writes rows as int8 and gives their scales, float32 (rows,). Rows without any value get the scale 1."""
    largest = np.abs(rows).max(axis=1)
    largest[largest == 0] = 127
    scale = np.float32(127) / largest
    new.write(np.rint(rows * scale[:, None]).astype(np.int8).tobytes())
    return np.asarray(scale, np.float32)


def _before(variable: _Variable) -> bytes:
    shape = struct.pack(f"<B{len(variable.shape)}I", len(variable.shape), *variable.shape)
    return _written(variable.name) + shape + struct.pack("<BI", variable.kind, variable.size)


def _numbers(file: BinaryIO, kinds: str) -> tuple[int, ...]:
    form = struct.Struct(f"<{kinds}")
    return form.unpack(file.read(form.size))


def _text(file: BinaryIO) -> str:
    (size,) = _numbers(file, "H")
    return file.read(size)[:-1].decode()  # the last byte is 0


def _written(text: str) -> bytes:
    return struct.pack("<H", len(text) + 1) + text.encode() + b"\0"
