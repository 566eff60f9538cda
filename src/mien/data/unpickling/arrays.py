"""Reads NumPy's dtypes and arrays in a pickle as plain data."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mien.errors import InputError

_KIND = re.compile(r"b1?|[iuf][1248]|f16|c8|c16|[SU][1-9]\d{0,8}|O8?")

_ORDERS: dict[str, Literal["<", ">", "="]] = {"<": "<", ">": ">", "=": "=", "|": "="}


@dataclass(eq=False)
class Kind:
    """A dtype: its letter and size in ``name``, and the order of its bytes."""

    name: str
    order: Literal["<", ">", "="] = "="

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype itself.

        Raises:
            InputError: it is a dtype of Python objects.
        """
        if self.name.startswith("O"):
            raise InputError("the pickle has an array of objects where numbers or text should be")
        return np.dtype({"b": "b1"}.get(self.name, self.name)).newbyteorder(self.order)


@dataclass(eq=False)
class Array:
    """An array that the pickle fills: ``values`` are its numbers, or a list of its objects; ``None`` before it is filled."""

    values: NDArray[Any] | list[Any] | None = None


def kind(arguments: tuple[Any, ...]) -> Kind:
    """The dtype of a call ``numpy.dtype(name, align, copy)``.

    Raises:
        InputError: it has fields or dates, or anything else but numbers, text and objects.
    """
    name = plain(arguments[0]) if arguments else ""
    if not isinstance(name, str) or not _KIND.fullmatch(name):
        raise InputError(f"the pickle has an array of a kind that is not admitted: {str(name)[:40]!r}")
    return Kind(name)


def set_kind(target: Kind, state: Any) -> None:
    """Sets the state of a dtype: (version, order, subarray, names, fields, ...).

    Raises:
        InputError: the dtype has a subarray or fields, or its order is unknown.
    """
    if not isinstance(state, tuple) or len(state) < 5 or any(part is not None for part in state[2:5]):
        raise InputError("the pickle has an array with fields, which is not admitted")
    order = _ORDERS.get(str(plain(state[1])))
    if order is None:
        raise InputError("the pickle has an array whose order of bytes is unknown")
    target.order = order


def fill(target: Array, state: Any) -> None:
    """Sets the state of an array: (version, shape, kind, whether by columns, bytes or list).

    Raises:
        InputError: the state has another form, or the content does not fit the shape.
    """
    if not isinstance(state, tuple) or len(state) != 5 or not isinstance(state[2], Kind):
        raise InputError("the pickle has an array whose state is not as NumPy writes it")
    _, shape, what, by_columns, content = state
    if what.name.startswith("O"):
        if not isinstance(content, list) or len(content) != _size(shape):
            raise InputError("the pickle has an array of objects that does not fit its shape")
        target.values = content
    else:
        target.values = from_bytes(content, what, shape, "F" if by_columns else "C")


def from_bytes(content: Any, what: Any, shape: Any, order: Any = "C") -> NDArray[Any]:
    """Bytes as an array. Memory is never allocated beyond the bytes.

    Raises:
        InputError: there are no bytes, or they do not fit the shape.
    """
    if not isinstance(content, bytes | bytearray) or not isinstance(what, Kind):
        raise InputError("the pickle has an array without bytes")
    dtype = what.dtype
    if _size(shape) * dtype.itemsize != len(content):
        raise InputError(f"the pickle has an array of {len(content)} bytes that does not fit its shape {shape}")
    # This is a view, so a thousand arrays over the same bytes need no more memory than one.
    return np.frombuffer(content, dtype).reshape(shape, order="F" if plain(order) == "F" else "C")


def plain(value: Any) -> Any:
    """The value; bytes, which Python 2 wrote for text, become text."""
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _size(shape: Any) -> int:
    if not isinstance(shape, tuple) or len(shape) > 32 or not all(type(n) is int and 0 <= n < 2**48 for n in shape):
        raise InputError("the pickle has an array whose shape is not a tuple of sizes")
    return math.prod(shape)
