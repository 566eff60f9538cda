"""Threads that work while a clip is read, and end with it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager


@contextmanager
def worker(name: str) -> Iterator[Executor]:
    """One thread. Work that has not begun at the end of the block is dropped."""
    executor = ThreadPoolExecutor(1, name)
    try:
        yield executor
    finally:
        executor.shutdown(wait=True, cancel_futures=True)
