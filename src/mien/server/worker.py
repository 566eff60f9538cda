"""The process that reads clips: ``python -m mien.server.worker``. It takes orders on its input and tells events on its output.

A server has several such processes. When a damaged file ends one, the server goes on and starts another one. When the server
ends, however it ends, the input of the worker ends, and so does the worker.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from functools import partial
from operator import contains
from queue import SimpleQueue
from threading import Thread
from typing import BinaryIO

from mien.server.live.pieces import Pieces
from mien.server.orders import Order, line


class _Inbox:
    """Reads orders in a thread of its own, so that an order can be cancelled while it is carried out."""

    def __init__(self, source: BinaryIO) -> None:
        self.orders = SimpleQueue[Order]()
        self.cancelled = set[str]()
        self.pieces = Pieces()
        self._source = source
        Thread(target=self._read, name="mien-orders", daemon=True).start()

    def _read(self) -> None:
        for message in self._source:
            table = json.loads(message)
            if "piece" in table:
                self.pieces.put(table["piece"])
            elif "stop" in table:
                self.pieces.stop()
            elif "order" in table:
                # A worker has one session at a time, and gets its order before its pieces.
                self.pieces = Pieces()
                self.orders.put(Order.of(table["order"]))
            else:
                self.cancelled.add(table["cancel"])
                self.pieces.end()
        # The server has ended. Work in native libraries cannot be asked to stop.
        os._exit(0)


def main() -> None:
    """Loads the bundle, says that it is ready, and works until its input ends."""
    options = argparse.ArgumentParser()
    options.add_argument("--bundle", default="research")
    options.add_argument("--asr", default="auto")
    options.add_argument("--task")
    options.add_argument("--prior", default="even")
    options.add_argument("--live", action="store_true")
    given = options.parse_args()
    # Libraries write to standard output, so messages take a copy of it, and the output becomes that of errors.
    with os.fdopen(os.dup(1), "wb", buffering=0) as out:
        os.dup2(2, 1)
        from mien.pipeline import Analyzer
        from mien.server.live import work as live
        from mien.server.work import perform
        from mien.workflows.live.session import SETTINGS, warm

        settings = SETTINGS if given.live else None
        analyzer = Analyzer(given.bundle, given.asr, settings, given.task, given.prior)
        if given.live:
            warm(analyzer)
        inbox = _Inbox(sys.stdin.buffer)
        out.write(line({"ready": os.getpid()}))
        while True:
            order = inbox.orders.get()
            cancelled = partial(contains, inbox.cancelled, order.job)
            if order.kind == "live":
                messages = live.perform(analyzer, order, inbox.pieces, cancelled)
            else:
                messages = perform(analyzer, order, cancelled)
            for message in messages:
                out.write(line(message))
            inbox.cancelled.discard(order.job)


if __name__ == "__main__":
    main()
