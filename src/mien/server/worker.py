"""The process that reads clips: ``python -m mien.server.worker``. It takes orders on its input and tells events on its output.

A server has several such processes. When a damaged file ends one, the server goes on and starts another one. When the server
ends, however it ends, the input of the worker ends, and so does the worker.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from queue import SimpleQueue
from threading import Thread
from typing import BinaryIO

from mien.server.orders import Order, line


class _Inbox:
    """Reads orders in a thread of its own, so that an order can be cancelled while it is carried out."""

    def __init__(self, source: BinaryIO) -> None:
        self.orders = SimpleQueue[Order]()
        self.cancelled = set[str]()
        self._source = source
        Thread(target=self._read, name="mien-orders", daemon=True).start()

    def _read(self) -> None:
        for message in self._source:
            table = json.loads(message)
            if "order" in table:
                self.orders.put(Order.of(table["order"]))
            else:
                self.cancelled.add(table["cancel"])
        # The server has ended. Work in native libraries cannot be asked to stop.
        os._exit(0)


def main() -> None:
    """Loads the bundle, says that it is ready, and works until its input ends."""
    options = argparse.ArgumentParser()
    options.add_argument("--bundle", default="research")
    options.add_argument("--asr", default="auto")
    options.add_argument("--task")
    options.add_argument("--prior", default="even")
    given = options.parse_args()
    # Libraries write to standard output, so messages take a copy of it, and the output becomes that of errors.
    with os.fdopen(os.dup(1), "wb", buffering=0) as out:
        os.dup2(2, 1)
        from mien.pipeline import Analyzer
        from mien.server.work import perform

        analyzer = Analyzer(given.bundle, given.asr, task=given.task, prior=given.prior)
        inbox = _Inbox(sys.stdin.buffer)
        out.write(line({"ready": os.getpid()}))
        while True:
            order = inbox.orders.get()
            for message in perform(analyzer, order, lambda job=order.job: job in inbox.cancelled):  # type: ignore[misc]  # a default that binds
                out.write(line(message))
            inbox.cancelled.discard(order.job)


if __name__ == "__main__":
    main()
