"""Several worker processes that share a list of orders."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import dataclass

from mien.runtime import threads
from mien.runtime.messages import Table
from mien.runtime.worker import CrashedError, WorkerProcess

_TRIES = 2  # an order may have been ended by what another program took
_SILENT = 1800.0  # seconds without a message until a worker counts as hung


@dataclass(frozen=True)
class Crashed:
    """An order that ended its worker each time it was tried."""


class Crew:
    """Worker processes that live until ``close``. It belongs in a ``with closing`` block.

    Args:
        module, options: see ``WorkerProcess``.
        count: how many.
        cores: threads that all of them share; ``None`` for those of the machine.
    """

    def __init__(self, module: str, options: Sequence[str], count: int, cores: int | None = None) -> None:
        self._runner = asyncio.Runner()
        share = max(1, (cores or threads.count()) // count)
        self._workers = [WorkerProcess(module, options, share) for _ in range(count)]

    @property
    def restarts(self) -> int:
        """How often a worker had to be started again."""
        return sum(max(0, worker.restarts) for worker in self._workers)

    def perform(self, orders: Sequence[Table]) -> Generator[tuple[int, Table | Crashed]]:
        """Carries out orders, and gives their messages as they come, with the number of the order.

        The last message of an order holds "end" or "failed". Where an order ends its worker, it is tried once more, after all
        others that wait. Closing the generator ends the workers.

        Args:
            orders: each is sent as it is.
        """
        told = asyncio.Queue[tuple[int, Table | Crashed]]()
        waiting = deque((number, 1) for number in range(len(orders)))
        left = len(orders)
        tasks = self._runner.run(self._begin(orders, waiting, told))
        try:
            while left:
                number, message = self._runner.run(_next(told, tasks))
                left -= isinstance(message, Crashed) or "end" in message or "failed" in message
                yield number, message
        finally:
            self._runner.run(_end(tasks))

    async def _begin(
        self, orders: Sequence[Table], waiting: deque[tuple[int, int]], told: asyncio.Queue[tuple[int, Table | Crashed]]
    ) -> list[asyncio.Task[None]]:
        return [asyncio.create_task(_work(worker, orders, waiting, told)) for worker in self._workers]

    def close(self) -> None:
        """Ends the workers."""

        async def stop() -> None:
            await asyncio.gather(*(worker.stop() for worker in self._workers))

        self._runner.run(stop())
        self._runner.close()


async def _work(
    worker: WorkerProcess,
    orders: Sequence[Table],
    waiting: deque[tuple[int, int]],
    told: asyncio.Queue[tuple[int, Table | Crashed]],
) -> None:
    """Gives one worker one order after another."""
    while waiting:
        await _started(worker)
        if not waiting:  # others have taken the rest meanwhile
            return
        number, tried = waiting.popleft()
        try:
            await _carry_out(worker, number, orders[number], told)
        except (CrashedError, TimeoutError):
            await worker.stop()
            if tried < _TRIES:
                waiting.append((number, tried + 1))
            else:
                told.put_nowait((number, Crashed()))


async def _started(worker: WorkerProcess) -> None:
    """Starts a worker, where need be at the second try.

    Raises:
        CrashedError: it does not start.
    """
    try:
        await worker.start()
    except CrashedError:
        await worker.start()


async def _carry_out(
    worker: WorkerProcess, number: int, order: Table, told: asyncio.Queue[tuple[int, Table | Crashed]]
) -> None:
    worker.send(order)
    ended = False
    while not ended:
        async with asyncio.timeout(_SILENT):
            message = await worker.message()
        ended = "end" in message or "failed" in message
        told.put_nowait((number, message))


async def _next(
    told: asyncio.Queue[tuple[int, Table | Crashed]], tasks: Sequence[asyncio.Task[None]]
) -> tuple[int, Table | Crashed]:
    """The next message. A fault in one of the tasks is raised, as nothing might come any more."""
    found = asyncio.ensure_future(told.get())
    while not found.done():
        going = [task for task in tasks if not task.done()]
        await asyncio.wait([found, *going], return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            if task.done() and (error := task.exception()) is not None:
                found.cancel()
                raise error
    return found.result()


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
