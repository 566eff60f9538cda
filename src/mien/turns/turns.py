"""Reads a conversation turn by turn, without blocking the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing, closing
from threading import Thread

from mien.errors import InputError
from mien.events import Event, Finished, Notice
from mien.media.sources import Source
from mien.pipeline import Analyzer
from mien.scenarios.gate.decide import Use, decide
from mien.scenarios.gate.notice import Responsible, notice
from mien.scenarios.wording import Wording
from mien.timeline import Timeline
from mien.turns.live import Live
from mien.turns.remote import Remote
from mien.turns.turn import Turn, turn_of, turn_of_message
from mien.turns.waiting import Waiting
from mien.workflows.live.devices import Capture, listen_here
from mien.workflows.live.session import SETTINGS, Dropped, Said, listen, warm

_PATIENCE = 30.0  # seconds that closing waits for the thread, which ends at its next event


class Turns:
    """The turns of a source: ``async for turn in Turns(source)``.

    Reading goes on in a thread of its own. When the loop ends, also by ``break``, an error or a cancellation, the source is
    stopped and the thread ends. A file can be read again; what comes in live can be read once.

    Args:
        source: a file, or what else ``Analyzer.stream`` reads; ``Live``, to which you give pieces; ``Capture``, the camera and
            the microphone of this machine; or ``Remote``, a server.
        analyzer: reads it; it need not be given. Without it, a file is cut as by `mien analyze` and has no partial turns, and
            what comes in live is cut as by `mien live`. One reads one source at a time. A server has its own.
        purpose, jurisdiction: what it is for, and whose law counts; see docs/purposes.md.

    Attributes:
        decision: what the rules say about the purpose.
        notices: what was missing, as it was told.
        dropped: pictures that were left out.
        timeline: the whole, once a source on this machine has been read to its end; ``None`` until then.

    Raises:
        InputError: the purpose is refused; or, while it is read, the source cannot be used.
        MienError: the server failed.
    """

    def __init__(
        self,
        source: Source | Live | Capture | Remote,
        analyzer: Analyzer | None = None,
        *,
        purpose: str = "assistance",
        jurisdiction: str = "EU",
    ) -> None:
        self.decision = decide(Use("turns", purpose, jurisdiction))
        self.decision.check()
        if isinstance(source, Remote) and analyzer is not None:
            raise InputError("a server reads with its own bundle; leave the analyzer out")
        self._source, self._analyzer = source, analyzer
        self._forget()

    @staticmethod
    def limits(lang: str = "en") -> list[str]:
        """What turns must not be used for, in "en" or "zh"; an application shows it to whoever runs it."""
        return Wording(lang).limits("turns")

    def notice(self, responsible: Responsible, lang: str = "en") -> str:
        """What the people concerned are told before anything is read, as plain text in "en" or "zh"."""
        return notice(self.decision, responsible, lang=lang)

    async def __aiter__(self) -> AsyncGenerator[Turn]:
        """The turns, partial and final ones."""
        source = self._source
        self._forget()
        turns = self._asked(source) if isinstance(source, Remote) else self._read(source)
        async with aclosing(turns):
            async for turn in turns:
                yield turn

    def _forget(self) -> None:
        self.notices: list[Notice] = []
        self.dropped = 0
        self.timeline: Timeline | None = None

    async def _asked(self, remote: Remote) -> AsyncGenerator[Turn]:
        """The turns that a server tells."""
        async with aclosing(remote.messages()) as messages:
            async for message in messages:
                match message:
                    case {"type": "partial" | "final"}:
                        yield turn_of_message(message)
                    case {"type": "notice", "code": str(code), "values": dict(values)}:
                        self.notices.append(Notice(code=code, values=values))
                    case {"type": "dropped", "count": int(count)}:
                        self.dropped = count

    async def _read(self, source: Source | Live | Capture) -> AsyncGenerator[Turn]:
        """The turns of a source on this machine."""
        waiting = Waiting()
        thread = Thread(target=self._work, args=(source, waiting), name="mien-turns", daemon=True)
        thread.start()
        try:
            while (turn := await waiting.next()) is not None:
                yield turn
        finally:
            waiting.close()
            if isinstance(source, Live | Capture):
                source.stop()
            await asyncio.to_thread(thread.join, _PATIENCE)

    def _work(self, source: Source | Live | Capture, waiting: Waiting) -> None:
        """Reads the source; it runs in the thread."""
        fault: Exception | None = None
        try:
            with closing(_session(source, self._analyzer)) as session:
                for told in session:
                    if waiting.closed:
                        break
                    if isinstance(told, Said):
                        waiting.put(turn_of(told))
                    else:
                        self._keep(told)
        except Exception as error:  # whatever it is, who waits for turns gets it
            fault = error
        waiting.end(fault)

    def _keep(self, told: Dropped | Event) -> None:
        if isinstance(told, Notice):
            self.notices.append(told)
        elif isinstance(told, Dropped):
            self.dropped = told.count
        elif isinstance(told, Finished):
            self.timeline = told.timeline


def _session(source: Source | Live | Capture, analyzer: Analyzer | None) -> Generator[Said | Dropped | Event]:
    """A session with a source on this machine."""
    if not isinstance(source, Live | Capture):
        return listen(analyzer or Analyzer(), source)
    analyzer = analyzer or Analyzer(settings=SETTINGS)
    warm(analyzer)
    return listen_here(analyzer, source) if isinstance(source, Capture) else listen(analyzer, source.incoming)
