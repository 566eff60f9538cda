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
from mien.pipeline import Analyzer
from mien.report import files
from mien.report.exporters.base import Export, exporter
from mien.runtime import memory
from mien.runtime.messages import Table, answering


def main() -> None:
    """Says that it is ready, and works until its input ends. Its options are JSON: a ``Reading``, and bytes of memory."""
    reading, most = Reading(**json.loads(sys.argv[1])), int(sys.argv[2])
    orders = SimpleQueue[Table]()
    with answering(orders.put) as send:
        analyzer = reading.analyzer()
        send({"ready": os.getpid()})
        while True:
            order = orders.get()
            # Arrow reserves much more than it uses. What it uses is bounded by the rows of a group.
            memory.limit(None if "part" in order else most)
            try:
                for message in _part(order) if "part" in order else _clip(analyzer, order, reading.portraits):
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


def _clip(analyzer: Analyzer, order: Table, portraits: bool) -> Iterator[Table]:
    file = Path(order["file"])
    Results(file).make(file.parent)
    for event in analyzer.stream(Path(order["clip"])):
        if isinstance(event, Progress) and event.stage == "read":
            yield {"read": event.done}
        elif isinstance(event, Finished):
            timeline = event.timeline
            content = exporter("json").write(Export(timeline, portraits=portraits))
            files.put(file, content)
            yield {"end": timeline.duration}


def _part(order: Table) -> Iterator[Table]:
    write_part(Results(Path(order["results"])), order["part"])
    yield {"end": 0.0}


if __name__ == "__main__":
    main()
