"""Looks at an ONNX graph before it is opened: what it may not hold, read from the bytes without the package ``onnx``.

An ONNX file is a message of Protocol Buffers (https://protobuf.dev/programming-guides/encoding). Only the few fields below
are read; all others are passed over. The numbers are those of ``onnx.proto``.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from mien.errors import InputError
from mien.files.ordinary import open_file

_MODEL = {7: "graph", 25: "function"}
_CHILDREN: dict[str, dict[int, str]] = {
    "model": _MODEL,
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "function": {7: "node"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
}
"""{message: {number of a field: the message in it}}."""
_EXTERNAL, _LOCATION = 13, 14  # fields of a tensor whose values lie in another file
_DEEPEST = 20
_MOST_NODES = 200_000
_MOST_FIELDS = 20_000_000


class _Field(NamedTuple):
    """``value`` is a number, or the start of the content up to ``end`` where the field is ``nested``."""

    number: int
    value: int
    end: int
    nested: bool


def check_graph(path: Path, largest: int) -> None:
    """Refuses a graph that reads other files, or that has too many nodes.

    Args:
        path: the file.
        largest: bytes that it may have.

    Raises:
        InputError: the graph is refused, or the file is no ONNX graph.
    """
    with open_file(path, largest) as file:
        try:
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                _Look(path, data).at("model", 0, len(data), 0)
        except (ValueError, IndexError) as error:
            raise InputError(f"'{path}' is no ONNX graph; export the bundle again") from error


class _Look:
    def __init__(self, path: Path, data: mmap.mmap) -> None:
        self._path, self._data, self._nodes, self._seen = path, data, 0, 0

    def at(self, message: str, start: int, end: int, depth: int) -> None:
        """Looks at one message, and at those inside it."""
        if depth > _DEEPEST:
            raise InputError(f"the graph '{self._path.name}' is nested too deeply; export the bundle again")
        if message == "tensor":
            self._tensor(start, end)
            return
        if message == "node":
            self._nodes += 1
            if self._nodes > _MOST_NODES:
                raise InputError(
                    f"the graph '{self._path.name}' has more than {_MOST_NODES:,} nodes, which is too many"
                )
        inside = _CHILDREN[message]
        for found in self._fields(start, end):
            if found.number in inside and found.nested:
                self.at(inside[found.number], found.value, found.end, depth + 1)

    def _tensor(self, start: int, end: int) -> None:
        for found in self._fields(start, end):
            if found.number == _EXTERNAL or (found.number == _LOCATION and found.value):
                raise InputError(
                    f"the graph '{self._path.name}' reads another file; a bundle holds each graph in one file"
                )

    def _fields(self, start: int, end: int) -> Iterator[_Field]:
        """The fields of a message.

        Raises:
            ValueError, IndexError: the bytes are no message.
        """
        at = start
        while at < end:
            key, at = self._number(at)
            kind = key & 7
            if kind == 0:
                value, at = self._number(at)
                stop = at
            elif kind in (1, 5):
                value, stop = at, at + (8 if kind == 1 else 4)
            elif kind == 2:
                length, value = self._number(at)
                stop = value + length
            else:
                raise ValueError("groups are not used")
            if stop > end:
                raise ValueError("a field ends after its message")
            self._seen += 1
            if self._seen > _MOST_FIELDS:
                raise InputError(f"the graph '{self._path.name}' has more parts than any graph of a bundle needs")
            yield _Field(key >> 3, value, stop, kind == 2)
            at = stop

    def _number(self, at: int) -> tuple[int, int]:
        """A number of variable length, and the place after it."""
        value = shift = 0
        while True:
            byte = self._data[at]
            at += 1
            value |= (byte & 127) << shift
            if byte < 128:
                return value, at
            shift += 7
            if shift > 63:
                raise ValueError("a number is too long")
