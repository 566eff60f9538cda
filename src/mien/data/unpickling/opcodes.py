"""The stack machine of pickles, limited to the instructions that make plain values."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable
from enum import Enum
from pathlib import Path
from pickletools import genops
from typing import Any, NamedTuple, TypeVar

from mien.data.unpickling.arrays import Array, Kind, fill, from_bytes, kind, plain, set_kind
from mien.errors import InputError

T = TypeVar("T")

_MOST = 20_000_000  # instructions; each may make an object of about fifty bytes
_SPARE = 2**20  # bytes; names of dtypes and codecs are written once and used often


class _Name(Enum):
    """The names that a pickle may use. They are only names: no module is imported."""

    NDARRAY = "numpy.ndarray"
    DTYPE = "numpy.dtype"
    RECONSTRUCT = "numpy.core.multiarray._reconstruct"
    SCALAR = "numpy.core.multiarray.scalar"
    FROM_BUFFER = "numpy.core.numeric._frombuffer"
    ENCODE = "_codecs.encode"
    BYTES = "builtins.bytes"
    ORDERED = "collections.OrderedDict"


class Content(NamedTuple):
    """The value in a pickle, and the number of its instructions."""

    value: Any
    instructions: int


def read_pickle(path: Path) -> Content:
    """The value in a pickle: dictionaries, lists, tuples, strings, numbers, ``None`` and ``Array``.

    Raises:
        InputError: it is not a pickle, is damaged, or holds anything that is not admitted. Nothing of it is ever executed.
    """
    try:
        with _Bounded(path) as file:
            machine = _Machine(file.size + _SPARE)
            for count, (opcode, argument, _) in enumerate(genops(file), start=1):
                if count > _MOST:
                    raise InputError(f"'{path}' has more than {_MOST:,} instructions, which is no file of arrays")
                machine.do(opcode.name, argument)
            if file.read(1):
                raise InputError(f"'{path}' goes on after its pickle has ended, which is not admitted")
    except (FileNotFoundError, IsADirectoryError):
        raise InputError(f"there is no file '{path}'") from None
    except (ValueError, TypeError, IndexError, KeyError, OverflowError, OSError, RecursionError) as error:
        # The message of a LookupError is only a number or a key.
        why = "its instructions do not fit together" if isinstance(error, LookupError) else str(error)[:120]
        raise InputError(f"'{path}' is no pickle, or a damaged one: {why}") from error
    return Content(machine.result, count)


class _Bounded(io.BufferedReader):
    """A file from which no read asks for more bytes than it has, whatever lengths its content claims."""

    def __init__(self, path: Path) -> None:
        super().__init__(io.FileIO(path))
        self.size = os.fstat(self.fileno()).st_size

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and 0 <= size < io.DEFAULT_BUFFER_SIZE:
            return super().read(size)
        left = self.size - self.tell()
        return super().read(left if size is None or size < 0 else min(size, left))


class _Machine:
    """The machine. It may copy ``room`` bytes and characters; an honest pickle copies each of its own once."""

    def __init__(self, room: int) -> None:
        self.result: Any = None
        self._room = room
        self._stack: list[Any] = []
        self._below: list[list[Any]] = []
        self._memo: dict[int, Any] = {}

    def do(self, name: str, argument: Any) -> None:
        """Runs one instruction."""
        if name in _BYTES:
            self._stack.append(argument.encode("latin-1"))
        elif name in _LITERALS:
            self._stack.append(argument)
        elif name in _FIXED:
            self._stack.append(_FIXED[name]())
        elif name in ("PUT", "BINPUT", "LONG_BINPUT"):
            self._memo[int(argument)] = self._stack[-1]
        elif name in ("GET", "BINGET", "LONG_BINGET"):
            self._stack.append(self._memo[int(argument)])
        elif name in _ACTIONS:
            _ACTIONS[name](self)
        elif name == "GLOBAL":
            module, _, attribute = argument.partition(" ")
            self._stack.append(_named(module, attribute))
        elif name not in ("PROTO", "FRAME"):
            raise InputError(f"the pickle uses the instruction {name}, which is not admitted: it may make any object")

    def mark(self) -> None:
        """Begins a run of values."""
        self._below.append(self._stack)
        self._stack = []

    def _since_mark(self) -> list[Any]:
        values, self._stack = self._stack, self._below.pop()
        return values

    def take_tuple(self) -> None:
        """Makes a tuple of all values since the mark."""
        values = self._since_mark()
        self._stack.append(tuple(values))

    def take_list(self) -> None:
        """Makes a list of all values since the mark."""
        values = self._since_mark()
        self._stack.append(values)

    def take_dict(self) -> None:
        """Makes a dictionary of the keys and values since the mark."""
        values = self._since_mark()
        self._stack.append({})
        self._fill(values)

    def last(self, count: int) -> None:
        """Makes a tuple of the last ``count`` values."""
        if len(self._stack) < count:
            raise IndexError("a tuple of more values than there are")
        values = tuple(self._stack[-count:])
        del self._stack[-count:]
        self._stack.append(values)

    def append(self) -> None:
        """Appends one value to the list below it."""
        value = self._stack.pop()
        self._list().append(value)

    def appends(self) -> None:
        """Appends all values since the mark to the list below them."""
        values = self._since_mark()
        self._list().extend(values)

    def set_item(self) -> None:
        """Puts a key and a value into the dictionary below them."""
        value, key = self._stack.pop(), self._stack.pop()
        self._fill([key, value])

    def set_items(self) -> None:
        """Puts the keys and values since the mark into the dictionary below them."""
        self._fill(self._since_mark())

    def memoize(self) -> None:
        """Remembers the last value under the next number."""
        self._memo[len(self._memo)] = self._stack[-1]

    def pop(self) -> None:
        """Drops the last value, or a mark with nothing after it."""
        if self._stack:
            self._stack.pop()
        else:
            self._since_mark()

    def pop_mark(self) -> None:
        """Drops all values since the mark."""
        self._since_mark()

    def stack_global(self) -> None:
        """Makes a name from two strings."""
        attribute, module = self._stack.pop(), self._stack.pop()
        self._stack.append(_named(module, attribute))

    def reduce(self) -> None:
        """Replaces a name and its arguments by the value they stand for. A real unpickler would call a function here."""
        arguments, name = self._stack.pop(), self._stack.pop()
        if not isinstance(name, _Name) or not isinstance(arguments, tuple) or name not in _MEANINGS:
            raise InputError("the pickle calls something that is not admitted")
        self._copy(arguments)
        self._stack.append(_MEANINGS[name](arguments))

    def _copy(self, values: Iterable[Any]) -> None:
        self._room -= sum(len(v) for v in values if isinstance(v, str | bytes | bytearray))
        if self._room < 0:
            raise InputError("the pickle copies the same values over and over; it is refused")

    def build(self) -> None:
        """Sets the state of an array or of its dtype."""
        state, target = self._stack.pop(), self._stack[-1]
        if isinstance(target, Array):
            fill(target, state)
        elif isinstance(target, Kind):
            set_kind(target, state)
        else:
            raise InputError("the pickle sets the state of something that is not an array, which is not admitted")

    def stop(self) -> None:
        """Ends the program. The last value is the result."""
        self.result = self._stack.pop()

    def _list(self) -> list[Any]:
        if type(self._stack[-1]) is not list:
            raise TypeError("values are put into what is no list")
        return self._stack[-1]

    def _fill(self, values: list[Any]) -> None:
        if type(self._stack[-1]) is not dict or len(values) % 2:
            raise TypeError("keys and values are put into what is no dictionary")
        self._copy(key for key in values[::2] if isinstance(key, bytes))
        self._stack[-1].update(zip(map(plain, values[::2]), values[1::2], strict=True))


def _named(module: Any, attribute: Any) -> _Name:
    path = f"{plain(module)}.{plain(attribute)}"
    path = path.replace("numpy._core.", "numpy.core.").replace("__builtin__.", "builtins.")
    try:
        return _Name(path)
    except ValueError:
        raise InputError(f"the pickle names '{path[:80]}', which is not admitted; nothing was executed") from None


def _reconstruct(arguments: tuple[Any, ...]) -> Array:
    if not arguments or arguments[0] is not _Name.NDARRAY:
        raise InputError("the pickle has an array of a class that is not admitted")
    return Array()


def _encode(arguments: tuple[Any, ...]) -> bytes:
    """Bytes, which protocol 2 writes as text in Latin-1."""
    if len(arguments) != 2 or not isinstance(arguments[0], str) or plain(arguments[1]) not in ("latin1", "latin-1"):
        raise InputError("the pickle encodes text other than as bytes")
    return arguments[0].encode("latin-1")


def _no_bytes(arguments: tuple[Any, ...]) -> bytes:
    return _empty(bytes, arguments)


def _ordered(arguments: tuple[Any, ...]) -> dict[Any, Any]:
    return _empty(dict, arguments)


def _empty(what: type[T], arguments: tuple[Any, ...]) -> T:
    """An empty value. Protocol 2 writes empty bytes, and all protocols write an ordered dictionary, as a class alone."""
    if arguments:
        raise InputError(f"the pickle makes {what.__name__} out of other values, which is not admitted")
    return what()


_MEANINGS: dict[_Name, Callable[[tuple[Any, ...]], Any]] = {
    _Name.RECONSTRUCT: _reconstruct,
    _Name.DTYPE: kind,
    _Name.SCALAR: lambda arguments: from_bytes(arguments[1], arguments[0], ()).item(),
    _Name.FROM_BUFFER: lambda arguments: Array(from_bytes(arguments[0], arguments[1], arguments[2], arguments[3])),
    _Name.ENCODE: _encode,
    _Name.BYTES: _no_bytes,
    _Name.ORDERED: _ordered,
}
_BYTES = {"STRING", "BINSTRING", "SHORT_BINSTRING"}
_LITERALS = {
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
    *("UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"),
    *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"),
}
_FIXED: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_LIST": list,
    "EMPTY_DICT": dict,
    "EMPTY_TUPLE": tuple,
}
_ACTIONS: dict[str, Callable[[_Machine], None]] = {
    "MARK": _Machine.mark,
    "TUPLE": _Machine.take_tuple,
    "LIST": _Machine.take_list,
    "DICT": _Machine.take_dict,
    "TUPLE1": lambda machine: machine.last(1),
    "TUPLE2": lambda machine: machine.last(2),
    "TUPLE3": lambda machine: machine.last(3),
    "APPEND": _Machine.append,
    "APPENDS": _Machine.appends,
    "SETITEM": _Machine.set_item,
    "SETITEMS": _Machine.set_items,
    "MEMOIZE": _Machine.memoize,
    "POP": _Machine.pop,
    "POP_MARK": _Machine.pop_mark,
    "STACK_GLOBAL": _Machine.stack_global,
    "REDUCE": _Machine.reduce,
    "BUILD": _Machine.build,
    "STOP": _Machine.stop,
}
