"""A worker that ends itself when it is told to, in the ways in which native code ends a process."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from queue import SimpleQueue

from mien.runtime import memory
from mien.runtime.messages import Table, answering


def main() -> None:
    orders = SimpleQueue[Table]()
    with answering(orders.put) as send:
        send({"ready": os.getpid()})
        while True:
            order = orders.get()
            if "once" in order and not Path(order["once"]).exists():
                Path(order["once"]).touch()
                os.kill(os.getpid(), signal.SIGKILL)
            if order.get("do") == "crash":
                os.kill(os.getpid(), signal.SIGSEGV)
            if order.get("do") == "grow":
                memory.limit(200_000_000)
                try:
                    bytearray(1_000_000_000)
                except MemoryError:
                    os._exit(1)
            send({"doing": order["name"]})
            send({"failed": "no"} if order.get("do") == "fail" else {"end": 1.0, "by": os.getpid()})


if __name__ == "__main__":
    main()
