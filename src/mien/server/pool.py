"""One worker process of the server: a ``WorkerProcess`` that carries out orders, within limits on time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from mien.runtime import threads
from mien.runtime.messages import Table
from mien.runtime.worker import CrashedError, WorkerProcess
from mien.server.orders import ENDS, Order, ordered
from mien.server.settings import Settings
from mien.workflows.llms.served import told

_BEHIND = 128 * 1024  # bytes that wait for a process that is behind
_PATIENCE = 10.0  # seconds from a cancellation until the process is ended


class Worker(WorkerProcess):
    """A process that reads clips for the server.

    Args:
        settings: of the server.
        live: whether it is one for live sessions.
    """

    def __init__(self, settings: Settings, live: bool = False) -> None:
        s = settings
        options = ["--bundle", s.bundle, "--asr", s.asr, "--prior", s.prior, *(["--task", s.task] if s.task else [])]
        options += ["--llm", told(s.llm)] if s.llm is not None and not live else []
        share = max(1, threads.count() // s.workers)
        super().__init__("mien.server.worker", [*options, *(["--live"] if live else [])], share)
        self._seconds = s.job_seconds

    async def perform(self, order: Order, tell: Callable[[str, Table], object], cancelled: asyncio.Event) -> None:
        """Carries out an order. The last event that it tells is one of ``ENDS``.

        Args:
            order: what to do.
            tell: called with the name and the data of every event.
            cancelled: set when the order is no longer wanted.

        Raises:
            CrashedError: the process ended.
            TimeoutError: the order took too long; the process has been ended.
        """
        await self.start()
        self.send(ordered(order))
        watch = asyncio.create_task(self._cancel(order, cancelled))
        try:
            async with asyncio.timeout(self._seconds):
                while True:
                    message = await self.message()
                    if message.get("job") != order.job:
                        continue
                    tell(message["event"], message["data"])
                    if message["event"] in ENDS:
                        return
        except TimeoutError:
            await self.stop()
            raise
        except CrashedError:
            if cancelled.is_set():
                tell("cancelled", {})
                return
            raise
        finally:
            watch.cancel()

    async def _cancel(self, order: Order, cancelled: asyncio.Event) -> None:
        """Asks the process to stop an order, and ends the process if it does not listen."""
        await cancelled.wait()
        self.send({"cancel": order.job})
        await asyncio.sleep(_PATIENCE)
        await self.stop()

    async def hand_on(self, table: Table, stale: bool) -> bool:
        """Sends a message of a live session, and says whether it was sent.

        Args:
            table: the message.
            stale: whether it may be left out when the process is behind. Others wait until there is room.
        """
        return await self.feed(table, _BEHIND if stale else None)
