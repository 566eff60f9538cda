"""Opens and runs graphs that somebody else may have made, within limits on time and memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
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

    def stop() -> None:
        options.terminate = True

    timer = Timer(_LONGEST, stop)
    timer.daemon = True
    timer.start()
    try:
        with bounded(_MEMORY), _told(name):
            found: list[NDArray[np.float32]] = graph.run(None, dict(feed), options)
            return found
    except InputError:
        if options.terminate:
            raise InputError(f"the graph '{name}' did not end within {_LONGEST:.0f} s; it is made to do harm") from None
        raise
    finally:
        timer.cancel()


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
