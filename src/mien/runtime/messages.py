"""How a worker process talks with the process that started it: one JSON object a line, orders come in and answers go out.

They are JSON and not pickles, because a worker reads files of strangers: whatever happens to it, it can only send data.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

Table = dict[str, Any]
"""A JSON object."""


def line(table: Table) -> bytes:
    """A message as one line."""
    return json.dumps(table, ensure_ascii=True, allow_nan=False).encode() + b"\n"


@contextmanager
def answering(take: Callable[[Table], object]) -> Iterator[Callable[[Table], object]]:
    """For the code of a worker: gives the function that sends a message.

    Orders are read in a thread of their own, so that one can be cancelled while it is carried out. When the input ends, the
    process that gives the orders has ended, however it ended, and so does the worker.

    Args:
        take: called with each message, in that thread.
    """

    def read() -> None:
        for message in sys.stdin.buffer:
            take(json.loads(message))
        # Work in native libraries cannot be asked to stop.
        os._exit(0)

    # Ctrl-C reaches the whole group of a terminal. Whoever started the worker ends it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Libraries write to standard output, so messages take a copy of it, and the output becomes that of errors.
    with os.fdopen(os.dup(1), "wb", buffering=0) as out:
        os.dup2(2, 1)
        Thread(target=read, name="mien-orders", daemon=True).start()
        yield lambda table: out.write(line(table))
