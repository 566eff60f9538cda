"""The one way to open a file that somebody else may have written: an ordinary file, of a bounded size.

A named pipe never ends, a device has no size, and a sparse file of 10 GB costs its sender nothing. So every file is looked at
before it is read: what it is, and how large it is.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

from mien.errors import InputError

_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
"""A named pipe is opened without waiting for a writer, so that it can be refused."""


def open_file(path: Path, largest: int | None = None, kind: type[InputError] = InputError) -> BinaryIO:
    """Opens an ordinary file for reading.

    Args:
        path: the file. A link to a file is followed; a pipe, a device or a folder is refused.
        largest: bytes that the file may have; ``None`` for any size.
        kind: the error that is raised.

    Raises:
        InputError: of ``kind``; the path is missing, is no ordinary file, cannot be read, or is too large.
    """
    try:
        _check(os.stat(path), path, largest, kind)  # a device may act when it is opened
        file = os.fdopen(os.open(path, _FLAGS), "rb")
    except FileNotFoundError:
        raise kind(f"there is no file '{path}'") from None
    except PermissionError:
        raise kind(f"there is no permission to read '{path}'") from None
    except OSError as error:
        raise kind(f"'{path}' cannot be read: {error.strerror}") from error
    except ValueError as error:  # the name holds a zero byte
        raise kind(f"{str(path)!r} is no name of a file") from error
    try:
        # Between the look and the opening, the name may have been given to something else.
        _check(os.fstat(file.fileno()), path, largest, kind)
    except BaseException:
        file.close()
        raise
    return file


def read_bytes(path: Path, largest: int, kind: type[InputError] = InputError) -> bytes:
    """The whole content of an ordinary file.

    Args:
        path, largest, kind: see ``open_file``. A file that grows while it is read is refused as well.

    Raises:
        InputError: see ``open_file``.
    """
    with open_file(path, largest, kind) as file:
        try:
            content = file.read(largest + 1)
        except OSError as error:
            raise kind(f"'{path}' cannot be read: {error.strerror}") from error
    if len(content) > largest:
        raise _too_large(path, largest, kind)
    return content


def _check(found: os.stat_result, path: Path, largest: int | None, kind: type[InputError]) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise kind(f"'{path}' is a folder, not a file")
    if not stat.S_ISREG(found.st_mode):
        raise kind(f"'{path}' is a pipe or a device, not an ordinary file; save its content in a file first")
    if largest is not None and found.st_size > largest:
        raise _too_large(path, largest, kind)


def _too_large(path: Path, largest: int, kind: type[InputError]) -> InputError:
    limit = f"{largest // 10**6} MB" if largest >= 10**6 else f"{largest // 1000} kB"
    return kind(f"'{path}' is larger than {limit}; split it, or check that it is the file you mean")
