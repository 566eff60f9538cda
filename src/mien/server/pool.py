"""One worker process as the server sees it: it starts, carries out orders one after another, and may end at any time."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable

from mien.errors import MienError
from mien.runtime import threads
from mien.server.orders import ENDS, Order, Table, line, ordered
from mien.server.settings import Settings

_LONGEST_LINE = 64 * 1024 * 1024  # bytes of one message
_BEHIND = 128 * 1024  # bytes that wait for a process that is behind
_START = 120.0  # seconds until a worker has loaded its bundle
_PATIENCE = 10.0  # seconds from a cancellation until the process is ended


class CrashedError(MienError):
    """A worker has ended while it read a clip."""


class Worker:
    """A process that carries out orders. It is started when it is first needed, and again after a crash.

    Args:
        settings: of the server.
        live: whether it is one for live sessions.

    Attributes:
        ready: whether it has loaded its bundle.
        restarts: how often it had to be started again.
    """

    def __init__(self, settings: Settings, live: bool = False) -> None:
        self._settings, self._live = settings, live
        self._process: Process | None = None
        self.ready = False
        self.restarts = -1

    async def start(self) -> None:
        """Starts the process if it does not run, and waits until it is ready.

        Raises:
            CrashedError: it ends before it is ready.
        """
        if self._process is not None and self._process.returncode is None and self.ready:
            return
        await self.stop()
        s = self._settings
        options = ["--bundle", s.bundle, "--asr", s.asr, "--prior", s.prior, *(["--task", s.task] if s.task else [])]
        command = [sys.executable, "-m", "mien.server.worker", *options, *(["--live"] if self._live else [])]
        self._process = await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=PIPE, limit=_LONGEST_LINE, env=_environment(s.workers)
        )
        self.restarts += 1
        try:
            async with asyncio.timeout(_START):
                self.ready = "ready" in await self._message()
        except TimeoutError as error:
            await self.stop()
            raise CrashedError("a worker did not start in time") from error

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
        self._send(ordered(order))
        watch = asyncio.create_task(self._cancel(order, cancelled))
        try:
            async with asyncio.timeout(self._settings.job_seconds):
                while True:
                    message = await self._message()
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
        self._send(line({"cancel": order.job}))
        await asyncio.sleep(_PATIENCE)
        await self.stop()

    async def feed(self, table: Table, stale: bool) -> bool:
        """Sends a message of a live session, and says whether it was sent.

        Args:
            table: the message.
            stale: whether it may be left out when the process is behind. Others wait until there is room.
        """
        stdin = None if self._process is None else self._process.stdin
        if stdin is None or stdin.is_closing():
            return False
        if stale and stdin.transport.get_write_buffer_size() > _BEHIND:
            return False
        stdin.write(line(table))
        try:
            await stdin.drain()
        except ConnectionError:
            return False
        return True

    def _send(self, message: bytes) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.write(message)

    async def _message(self) -> Table:
        if self._process is None or self._process.stdout is None:
            raise CrashedError("the worker has been stopped")
        try:
            found = await self._process.stdout.readline()
            if found.endswith(b"\n"):
                table: Table = json.loads(found)
                return table
        except (ValueError, ConnectionError) as error:
            await self.stop()
            raise CrashedError("a worker sent what is no message") from error
        await self.stop()
        raise CrashedError("the worker that read the clip has ended")

    async def stop(self) -> None:
        """Ends the process."""
        process, self._process, self.ready = self._process, None, False
        if process is None:
            return
        if process.returncode is None:
            process.kill()
        await process.wait()


def _environment(workers: int) -> dict[str, str]:
    """The environment of a worker: the cores are shared out, and the server's secret is not handed on."""
    kept = {name: value for name, value in os.environ.items() if name != "MIEN_TOKEN"}
    return {**kept, "MIEN_THREADS": str(max(1, threads.count() // workers))}
