"""Turns on their way from the thread that reads to the event loop that takes them."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from dataclasses import replace
from threading import Condition

from mien.turns.turn import Turn

MOST = 16
"""Turns that may wait; then the thread waits."""


class Waiting:
    """A short queue from a thread to the running event loop. A newer turn of a person takes the place of partial ones.

    Args:
        most: turns that may wait.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._loop, self._told = asyncio.get_running_loop(), asyncio.Event()
        self._turns: deque[Turn] = deque()
        self._changed = Condition()
        self._ended = self._closed = False
        self._fault: Exception | None = None

    @property
    def closed(self) -> bool:
        """Whether nobody takes turns any more."""
        return self._closed

    def put(self, turn: Turn) -> None:
        """Adds a turn; the thread calls it, and waits while too many wait."""
        with self._changed:
            older = [t for t in self._turns if t.kind == "partial" and t.who == turn.who]
            self._turns = deque(t for t in self._turns if t not in older)
            turn = replace(turn, changed=turn.changed or any(t.changed for t in older))
            self._changed.wait_for(lambda: len(self._turns) < self._most or self._closed)
            self._turns.append(turn)
        self._tell()

    def end(self, fault: Exception | None = None) -> None:
        """Ends the queue after what waits; with a fault, its reader gets the fault then."""
        with self._changed:
            self._ended, self._fault = True, fault
        self._tell()

    def close(self) -> None:
        """Says that nobody takes turns any more, so that the thread ends."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    async def next(self) -> Turn | None:
        """The next turn; ``None`` at the end.

        Raises:
            Exception: the fault of the thread.
        """
        while True:
            self._told.clear()
            with self._changed:
                if self._turns:
                    self._changed.notify_all()
                    return self._turns.popleft()
                if self._ended:
                    if self._fault is not None:
                        raise self._fault
                    return None
            await self._told.wait()

    def _tell(self) -> None:
        with suppress(RuntimeError):  # the loop has been closed, so nobody waits
            self._loop.call_soon_threadsafe(self._told.set)
