"""Opens and runs graphs that somebody else may have made, within limits on time and memory."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mien.errors import InputError, short_of_memory
from mien.runtime import threads
from mien.runtime.memory import bounded

if TYPE_CHECKING:
    import onnxruntime

_LONGEST = 300.0  # seconds of one run; a slow laptop needs some seconds for a batch of the largest encoders
_MEMORY = 6_000_000_000  # bytes that opening, or one run, may add


def opened(path: Path) -> onnxruntime.InferenceSession:
    """A graph on the device that is used, with mien's thread count.

    Raises:
        InputError: ONNX Runtime cannot open it, or it asks for too much memory.
    """
    with bounded(_MEMORY), _told(path.name):
        return threads.open_graph(path)


def run(graph: onnxruntime.InferenceSession, feed: Mapping[str, NDArray[Any]], name: str) -> list[NDArray[np.float32]]:
    """All outputs of a graph.

    Args:
        graph: an open graph.
        feed: {input: values}.
        name: of its file, for messages.

    Raises:
        InputError: the graph fails, does not end, or asks for too much memory.
    """
    import onnxruntime

    options = onnxruntime.RunOptions()
    try:
        with _watched(options), bounded(_MEMORY), _told(name):
            found: list[NDArray[np.float32]] = graph.run(None, dict(feed), options)
            return found
    except InputError:
        if options.terminate:
            raise InputError(f"the graph '{name}' did not end within {_LONGEST:.0f} s; it is made to do harm") from None
        raise


class _Watch:
    """Ends runs that take too long. One thread does so for all, because a run is often shorter than the start of a thread."""

    def __init__(self) -> None:
        self._numbers = count()
        self._under_way: dict[int, tuple[float, onnxruntime.RunOptions]] = {}
        self._thread: Thread | None = None

    @contextmanager
    def watched(self, options: onnxruntime.RunOptions) -> Iterator[None]:
        """Ends the run that has these options when it has taken longer than it may."""
        if self._thread is None or not self._thread.is_alive():  # a forked process does not have it
            self._thread = Thread(target=self._look, name="mien-runs", daemon=True)
            self._thread.start()
        number = next(self._numbers)
        self._under_way[number] = time.monotonic() + _LONGEST, options
        try:
            yield
        finally:
            self._under_way.pop(number, None)

    def _look(self) -> None:
        while True:
            now = time.monotonic()
            # A run that begins while this thread sleeps ends later than the sleep does, so nobody need wake it.
            wait = _LONGEST
            for end, options in tuple(self._under_way.values()):
                if end <= now:
                    options.terminate = True
                else:
                    wait = min(wait, end - now)
            time.sleep(wait)


_watched = _Watch().watched


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Turns an error of ONNX Runtime into a sentence. Its errors have no class in common, and many lines."""
    try:
        yield
    except Exception as error:
        if short_of_memory(error):
            raise InputError(f"the graph '{name}' cannot be used: it needs more memory than there is for it") from error
        said = " ".join(str(error).split())[:200]
        raise InputError(f"the graph '{name}' cannot be used ({said}); export the bundle again") from error
