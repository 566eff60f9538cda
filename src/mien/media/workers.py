"""Threads that work beside the reading of a clip, and end with it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager


@contextmanager
def worker(name: str) -> Iterator[Executor]:
    """One thread. What it has not begun when the block ends is never begun."""
    executor = ThreadPoolExecutor(1, name)
    try:
        yield executor
    finally:
        executor.shutdown(wait=True, cancel_futures=True)
