"""One job: what it has told so far, and how those who wait for it hear of more."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from mien.runtime.messages import Table
from mien.server.orders import ENDS, Kind, Order

State = Literal["waiting", "running", "done", "failed", "cancelled"]
_ENDED: dict[str, State] = {"end": "done", "failed": "failed", "cancelled": "cancelled"}
_MOST_EVENTS = 100_000  # of one job; a clip of hours has some thousand
_MOST_LIVE = 1000  # of a live session, which may go on for days; the oldest are forgotten, and the results hold them
HEARTBEAT = 15.0
"""Seconds after which a listener hears from a job that has nothing to tell, so that proxies keep the connection."""


@dataclass
class Job:
    """A job. Only the loop of the server changes it.

    Attributes:
        order: what is done.
        client: who sent it, an address.
        state: where it is.
        events: all it has told but progress: (name, data). Of a live session, the latest.
        forgotten: how many events came before these.
        passing: what soon counts no more, and is not kept: the latest progress, and the latest partial answer of each person.
        made, ended: seconds of ``time.monotonic``; ``ended`` is ``None`` until the end.
    """

    order: Order
    client: str = ""
    state: State = "waiting"
    events: list[tuple[str, Table]] = field(default_factory=list)
    forgotten: int = 0
    passing: dict[tuple[str, str | None], Table] = field(default_factory=dict)
    made: float = field(default_factory=time.monotonic)
    ended: float | None = None
    gave_up: asyncio.Event = field(default_factory=asyncio.Event)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def id(self) -> str:
        """Its name, which nobody can guess."""
        return self.order.job

    @property
    def kind(self) -> Kind:
        """What it gives."""
        return self.order.kind

    @property
    def progress(self) -> Table:
        """The latest progress; empty before the first."""
        return self.passing.get(("progress", None), {})

    @property
    def folder(self) -> Path:
        """Where its upload and its results lie."""
        return Path(self.order.folder)

    @property
    def failure(self) -> Table:
        """Why it failed; empty when it did not."""
        return next((data for name, data in reversed(self.events) if name == "failed"), {})

    def tell(self, name: str, data: Table) -> None:
        """Adds an event, and wakes all who wait. After its end a job tells nothing more."""
        if self.ended is not None:
            return
        if name == "progress":
            self.passing["progress", None] = data
        elif name == "partial":
            self.passing["partial", data["answer"]["who"]] = data
        elif name in ENDS or len(self.events) < _MOST_EVENTS:
            self.events.append((name, data))
            if self.kind == "live" and len(self.events) > _MOST_LIVE:
                del self.events[0]
                self.forgotten += 1
            if name == "final":
                # What comes now is newer than what was answered meanwhile.
                self.passing.pop(("partial", data["answer"]["who"]), None)
        if name in ENDS:
            self.state, self.ended = _ENDED[name], time.monotonic()
        self._changed.set()
        self._changed = asyncio.Event()

    async def wait(self, seconds: float) -> bool:
        """Waits for its end, at most some seconds, and says whether it has ended."""
        until = time.monotonic() + seconds
        while self.ended is None and (left := until - time.monotonic()) > 0:
            await self._wait_for_change(left)
        return self.ended is not None

    async def _wait_for_change(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return False
        return True

    async def listen(self, after: int = 0) -> AsyncIterator[tuple[int, str, Table]]:
        """Its events from number ``after`` on, with their numbers, until its end; see ``HEARTBEAT``.

        A slow listener misses progress and partial answers, and nothing else; nothing is kept for it. These and heartbeats
        ("") have the number of the event before them. Of a live session, a listener who is 1,000 events late misses the oldest.
        """
        shown: dict[tuple[str, str | None], Table] = {}
        while True:
            while (at := max(0, after - self.forgotten)) < len(self.events):
                name, data = self.events[at]
                after = self.forgotten + at + 1
                yield after, name, data
            after = max(after, self.forgotten + len(self.events))
            if self.ended is not None:
                return
            new = next(((key, data) for key, data in self.passing.items() if shown.get(key) is not data), None)
            if new is not None:
                shown[new[0]] = new[1]
                yield after, new[0][0], new[1]
                continue
            if not await self._wait_for_change(HEARTBEAT):
                yield after, "", {}
