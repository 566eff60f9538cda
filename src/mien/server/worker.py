"""The process that reads clips: ``python -m mien.server.worker``. It takes orders on its input and tells events on its output.

A server has several such processes. When a damaged file ends one, the server goes on and starts another one. When the server
ends, however it ends, the input of the worker ends, and so does the worker.
"""

from __future__ import annotations

import argparse
import os
from functools import partial
from operator import contains
from queue import SimpleQueue

from mien.runtime.messages import Table, answering
from mien.server.live.pieces import Pieces
from mien.server.orders import Order


class _Inbox:
    """Keeps the orders until they are carried out, and hands on what belongs to the one that is."""

    def __init__(self) -> None:
        self.orders = SimpleQueue[Order]()
        self.cancelled = set[str]()
        self.pieces = Pieces()

    def take(self, table: Table) -> None:
        """Takes a message of the server."""
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


def main() -> None:
    """Loads the bundle, says that it is ready, and works until its input ends."""
    options = argparse.ArgumentParser()
    options.add_argument("--bundle", default="research")
    options.add_argument("--asr", default="auto")
    options.add_argument("--task")
    options.add_argument("--prior", default="even")
    options.add_argument("--live", action="store_true")
    options.add_argument("--llm")
    given = options.parse_args()
    inbox = _Inbox()
    with answering(inbox.take) as send:
        from mien.pipeline import Analyzer
        from mien.server.live import work as live
        from mien.server.work import perform
        from mien.workflows.live.session import SETTINGS, warm
        from mien.workflows.llms.served import ServedLlm, options_of

        settings = SETTINGS if given.live else None
        analyzer = Analyzer(given.bundle, given.asr, settings, given.task, given.prior)
        llm = ServedLlm(options_of(given.llm), analyzer.task.labels) if given.llm else None
        if given.live:
            warm(analyzer)
        send({"ready": os.getpid()})
        while True:
            order = inbox.orders.get()
            cancelled = partial(contains, inbox.cancelled, order.job)
            if order.kind == "live":
                messages = live.perform(analyzer, order, inbox.pieces, cancelled)
            else:
                messages = perform(analyzer, order, cancelled, llm)
            for message in messages:
                send(message)
            inbox.cancelled.discard(order.job)


if __name__ == "__main__":
    main()
