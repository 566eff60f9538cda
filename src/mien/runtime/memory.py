"""Bounds the memory that one call of a library may take, where the system can do that (Linux)."""

from __future__ import annotations

import ctypes
import mmap
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

_STATM = "/proc/self/statm"
_GROUP = "/sys/fs/cgroup"
_MMAP_THRESHOLD = -3  # of malloc.h


class _Bound:
    """The soft limit on the data of the process while at least one call is under way.

    A header of 600 bytes can claim tables of gigabytes, which a decoder then fills. It cannot be interrupted there, but it
    gives up when memory is refused. The limit holds for the whole process, so it always leaves room for what other threads do.
    """

    def __init__(self) -> None:
        self._lock, self._inside = threading.Lock(), 0
        self._usual, self._limit = (0, 0), 0
        self._page = os.sysconf("SC_PAGE_SIZE") if os.path.exists(_STATM) else 0
        self._statm = os.open(_STATM, os.O_RDONLY | os.O_CLOEXEC) if self._page else -1
        self._process = os.getpid()

    @contextmanager
    def bounded(self, most: int) -> Iterator[None]:
        """Lets the ``with`` block allocate at most ``most`` bytes more. Beyond, libraries report a lack of memory."""
        if not self._page:
            yield
            return
        self._enter(most)
        try:
            yield
        finally:
            self._leave()

    def _enter(self, most: int) -> None:
        import resource

        with self._lock:
            wanted = self._used() + most
            if not self._inside:
                self._usual, self._limit = resource.getrlimit(resource.RLIMIT_DATA), 0
            self._inside += 1
            if wanted > self._limit:
                self._limit = wanted
                soft, hard = self._usual
                bound = wanted if soft == resource.RLIM_INFINITY else min(soft, wanted)
                resource.setrlimit(resource.RLIMIT_DATA, (bound, hard))

    def _leave(self) -> None:
        import resource

        with self._lock:
            self._inside -= 1
            if not self._inside:
                resource.setrlimit(resource.RLIMIT_DATA, self._usual)

    def _used(self) -> int:
        """Bytes of data that the process has now."""
        if self._process != os.getpid():  # after a fork, the open file still tells of the parent
            self._statm, self._process = os.open(_STATM, os.O_RDONLY | os.O_CLOEXEC), os.getpid()
        return int(os.pread(self._statm, 200, 0).split()[5]) * self._page


bounded = _Bound().bounded


def limit(most: int | None) -> None:
    """Lets the process hold at most ``most`` bytes of data from now on, where the system can do that; ``None`` for any number.

    Beyond, memory is refused: work ends with an error, or a library ends the process.
    """
    if sys.platform.startswith("linux"):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        bound = hard if most is None else most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (bound, hard))


@contextmanager
def loading() -> Iterator[None]:
    """Gives back to the system what the ``with`` block, which loads a model, needed only for a moment.

    The C library of Linux keeps large blocks for later: a model is read, unpacked and packed anew, and 70 MB of what that took
    stayed with the process. Here, large blocks come from the system one by one while a model is loaded.
    """
    library = _glibc()
    if library is None:
        yield
        return
    library.mallopt(_MMAP_THRESHOLD, 128 * 1024)
    try:
        yield
    finally:
        # Afterwards large blocks are kept again, as they are needed over and over.
        library.mallopt(_MMAP_THRESHOLD, 32 * 1024 * 1024)
        library.malloc_trim(0)


def check_room(size: int) -> None:
    """Checks that so many bytes can be had. Libraries in Rust end the whole process where they cannot.

    Raises:
        MemoryError: they cannot.
    """
    try:
        mmap.mmap(-1, size).close()
    except OSError as error:
        raise MemoryError from error


def give_back() -> None:
    """Gives memory that is free, and that the C library of Linux keeps for later, back to the system. It takes a few ms."""
    library = _glibc()
    if library is not None:
        library.malloc_trim(0)


@cache
def _glibc() -> ctypes.CDLL | None:
    """The C library, where it is that of GNU; ``None`` elsewhere."""
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "malloc_trim") and hasattr(library, "mallopt") else None


def free() -> int | None:
    """Bytes of memory that new processes may take now; ``None`` where the system does not say (it is not Linux)."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            found = dict(line.split(":", 1) for line in file)
        left = int(found["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return None
    try:
        # A container may have less than its machine.
        most, taken = (int(Path(_GROUP, name).read_text(encoding="ascii")) for name in ("memory.max", "memory.current"))
    except (OSError, ValueError):
        return left
    return min(left, most - taken)


def prepare_to_run_short() -> None:
    """Loads now what the C library of Linux needs to end a thread: without memory for it, it would abort the process."""
    if sys.platform == "linux":
        with suppress(OSError):  # another C library than GNU's does not need it
            ctypes.CDLL("libgcc_s.so.1")
