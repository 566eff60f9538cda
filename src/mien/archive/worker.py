"""The process that reads clips of an archive: ``python -m mien.archive.worker``, see ``mien.runtime.messages``."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue

from mien.archive.folder import Reading, Results
from mien.archive.tables import write_part
from mien.errors import explain, short_of_memory
from mien.events import Finished, Progress
from mien.media.ahead.hearing import hear, plan
from mien.media.ahead.looking import UnevenError, look
from mien.media.sources import Ahead, Source
from mien.media.speech.recogniser import Recogniser, recogniser
from mien.report import files
from mien.report.exporters.base import Export, exporter
from mien.runtime import memory
from mien.runtime.cache import write_atomic
from mien.runtime.messages import Table, answering
from mien.types import Span


def main() -> None:
    """Says that it is ready, and works until its input ends. Its options are JSON: a ``Reading``, and bytes of memory."""
    reading, most = Reading(**json.loads(sys.argv[1])), int(sys.argv[2])
    orders = SimpleQueue[Table]()
    with answering(orders.put) as send:
        work = _Worker(reading)
        send({"ready": os.getpid()})
        while True:
            order = orders.get()
            # Arrow reserves much more than it uses. What it uses is bounded by the rows of a group.
            memory.limit(None if "part" in order else most)
            try:
                for message in work.carry_out(order):
                    send(message)
            except Exception as error:
                if short_of_memory(error):
                    # What is left of the work before would make the next clip fail, too. A new process has all its memory.
                    os._exit(1)
                why = explain(error)
                if "clip" in order:
                    # The folder depends on the machine, and reasons must not.
                    why = why.replace(order["clip"], Path(order["clip"]).name)
                send({"failed": why})


_UNEVEN = "uneven"  # the file that is there when a clip cannot be read in parts


class _Worker:
    """Carries out orders, and keeps its models loaded between them."""

    def __init__(self, reading: Reading) -> None:
        self._reading, self._analyzer = reading, reading.analyzer()
        self._recogniser: Recogniser | None = None

    def carry_out(self, order: Table) -> Iterator[Table]:
        """The messages of an order; the last one holds "end"."""
        if "part" in order:
            yield from _part(order)
        elif "hear" in order:
            self._hear(Path(order["hear"]))
            yield {"end": 0.0}
        elif "name" in order:
            yield from self._ahead(order)
        else:
            yield from self._clip(order)

    def _ahead(self, order: Table) -> Iterator[Table]:
        """The sound of a clip, or a stretch of its pictures. When one cannot be read by itself, the others are in vain."""
        clip, folder, settings = Path(order["clip"]), Path(order["ahead"]), self._reading.settings()
        if (folder / _UNEVEN).is_file():
            raise UnevenError("the clip cannot be read in parts")
        try:
            if "look" in order:
                look(clip, Span(*order["look"]), settings.fps, folder / order["name"])
            else:
                for progress in plan(clip, settings, folder, self._reading.asr != "off"):
                    yield {"read": progress.done}
                write_atomic(folder / order["name"], "")
        except UnevenError:
            write_atomic(folder / _UNEVEN, "")
            raise
        yield {"end": 0.0}

    def _hear(self, page: Path) -> None:
        if self._recogniser is None:
            self._recogniser, _ = recogniser(self._reading.asr)
        if self._recogniser is not None:
            hear(page, self._recogniser)

    def _clip(self, order: Table) -> Iterator[Table]:
        clip = Path(order["clip"])
        try:
            yield from self._read(clip if "ahead" not in order else Ahead(clip, Path(order["ahead"])), order)
        except UnevenError:
            yield from self._read(clip, order)

    def _read(self, source: Source, order: Table) -> Iterator[Table]:
        file = Path(order["file"])
        Results(file).make(file.parent)
        for event in self._analyzer.stream(source):
            if isinstance(event, Progress) and event.stage == "read":
                yield {"read": event.done}
            elif isinstance(event, Finished):
                timeline = event.timeline
                content = exporter("json").write(Export(timeline, portraits=self._reading.portraits))
                files.put(file, content)
                yield {"end": timeline.duration}


def _part(order: Table) -> Iterator[Table]:
    write_part(Results(Path(order["results"])), order["part"])
    yield {"end": 0.0}


if __name__ == "__main__":
    main()
