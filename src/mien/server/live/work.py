"""Carries out a live session inside a worker, on the same stream as everything else."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import replace

from mien.events import Answered, Finished, Progress
from mien.media.cut import CutSettings
from mien.pipeline import Analyzer
from mien.report.exporters.json import as_segment, rounded
from mien.runtime.messages import Table
from mien.server.live.source import Incoming
from mien.server.live.steady import Steady
from mien.server.orders import Order, event
from mien.server.work import carried_out, message_of, write

SETTINGS = CutSettings(page=2.0)
"""How live sound is cut: what has been decided is answered every two seconds, and not every half minute."""


def perform(analyzer: Analyzer, order: Order, incoming: Incoming, cancelled: Callable[[], bool]) -> Iterator[Table]:
    """The messages about a live session; see ``mien.server.work.perform``.

    Args:
        analyzer: cuts by ``SETTINGS``.
        order: of the kind "live".
        incoming: what the client sends.
        cancelled: whether the client has gone.
    """
    try:
        yield from carried_out(_told(analyzer, order, incoming), order, cancelled)
    finally:
        incoming.stop()


def _told(analyzer: Analyzer, order: Order, incoming: Incoming) -> Generator[Table]:
    steady, dropped = Steady(), 0
    with closing(analyzer.stream(iter(incoming))) as stream:
        for told in stream:
            if incoming.dropped > dropped:
                dropped = incoming.dropped
                yield event(order.job, "dropped", {"count": dropped})
            if isinstance(told, Answered):
                p = told.prediction
                label, scores, changed = steady.show(p)
                shown = {"who": p.who, "label": label, "scores": rounded(scores), "changed": changed}
                latency = incoming.latency(p.span.end)
                rest = {"shown": shown, "latency": None if latency is None else round(latency, 3)}
                yield event(order.job, "final", {"answer": as_segment(p), **rest})
                continue
            if isinstance(told, Finished):
                # A session keeps no picture of anybody, not even in its report.
                write(replace(told.timeline, portraits={}), order)
            if isinstance(told, Progress):
                # It also gives the caller a chance to see that the client has gone.
                yield event(order.job, "progress", {"stage": told.stage, "done": round(told.done, 3), "total": 0.0})
            elif (message := message_of(told, order)) is not None:
                yield message
