"""A worker process as the process that starts it sees it: it carries out orders one after another, and may end at any time."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from contextlib import suppress

from mien.errors import MienError
from mien.runtime.messages import Table, line

_LONGEST_LINE = 64 * 1024 * 1024  # bytes of one message
_END = 5.0  # seconds from the end of its output until a worker has ended
_START = 120.0  # seconds until a worker has loaded its bundle


class CrashedError(MienError):
    """A worker has ended while it carried out an order."""


class WorkerProcess:
    """A process that carries out orders. It is started when it is first needed, and again after a crash.

    Args:
        module: the module that it runs, which uses ``mien.runtime.messages.answering`` and first says that it is "ready".
        options: its command line.
        count: threads for one computation.

    Attributes:
        ready: whether it has said that it is ready.
        restarts: how often it had to be started again.
    """

    def __init__(self, module: str, options: Sequence[str], count: int) -> None:
        self._command, self._threads = [sys.executable, "-m", module, *options], count
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
        self._process = await asyncio.create_subprocess_exec(
            *self._command, stdin=PIPE, stdout=PIPE, limit=_LONGEST_LINE, env=_environment(self._threads)
        )
        self.restarts += 1
        try:
            async with asyncio.timeout(_START):
                self.ready = "ready" in await self.message()
        except TimeoutError as error:
            await self.stop()
            raise CrashedError("a worker process did not start in time; use fewer workers") from error

    def send(self, table: Table) -> None:
        """Sends a message, without waiting until it is taken."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.write(line(table))

    async def feed(self, table: Table, behind: int | None = None) -> bool:
        """Sends a message, waits until there is room for more, and says whether it was sent.

        Args:
            table: the message.
            behind: it is left out where as many bytes wait for the process already; ``None`` never leaves it out.
        """
        stdin = None if self._process is None else self._process.stdin
        if stdin is None or stdin.is_closing():
            return False
        if behind is not None and stdin.transport.get_write_buffer_size() > behind:
            return False
        stdin.write(line(table))
        try:
            await stdin.drain()
        except ConnectionError:
            return False
        return True

    async def message(self) -> Table:
        """The next message of the process.

        Raises:
            CrashedError: it has ended, or sent what is no message.
        """
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
        with suppress(TimeoutError):
            # A process that has ended by itself must be waited for and not killed: to kill it would reap it behind asyncio.
            async with asyncio.timeout(_END):
                await self._process.wait()
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


def _environment(count: int) -> dict[str, str]:
    """The environment of a worker: its share of the threads, and not the server's secret."""
    kept = {name: value for name, value in os.environ.items() if name != "MIEN_TOKEN"}
    return {**kept, "MIEN_THREADS": str(count)}
