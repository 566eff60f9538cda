"""Puts arrays aside until they are needed again: the first of them in memory, more of them in a temporary file."""

from __future__ import annotations

import tempfile
import weakref
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

_IN_MEMORY = 4_000_000  # bytes; what a clip of four minutes needs


class Place(NamedTuple):
    """Where an array lies, and what it is."""

    start: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]


class Shelf:
    """Arrays of one clip. They come back byte for byte. The file has no name, and goes with the object."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - open as long as the shelf
        self._end = 0
        weakref.finalize(self, self._file.close)

    def put(self, array: NDArray[Any]) -> Place | NDArray[Any]:
        """Puts an array aside. Where the disk is full, the array itself is kept."""
        content = np.ascontiguousarray(array).tobytes()
        try:
            self._file.seek(self._end)
            self._file.write(content)
            self._file.flush()
        except OSError:
            return array
        place = Place(self._end, array.shape, array.dtype)
        self._end += len(content)
        return place

    def get(self, place: Place | NDArray[Any]) -> NDArray[Any]:
        """An array that was put aside."""
        if not isinstance(place, Place):
            return place
        self._file.seek(place.start)
        content = self._file.read(int(np.prod(place.shape)) * place.dtype.itemsize)
        return np.frombuffer(content, place.dtype).reshape(place.shape).copy()
