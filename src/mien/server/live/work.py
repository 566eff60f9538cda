"""Carries out a live session inside a worker, on the same stream as everything else."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

from mien.events import Finished
from mien.pipeline import Analyzer
from mien.report.exporters.json import as_segment, rounded
from mien.runtime.messages import Table
from mien.server.live.pieces import Pieces
from mien.server.orders import Order, event
from mien.server.work import carried_out, message_of, write
from mien.timeline import Prediction
from mien.workflows.live.incoming import Incoming
from mien.workflows.live.session import Dropped, Said, listen

_IN_VIEW = 0.6  # seconds; a face that was seen longer before the end of a span is not in view at its end


def perform(analyzer: Analyzer, order: Order, pieces: Pieces, cancelled: Callable[[], bool]) -> Iterator[Table]:
    """The messages about a live session; see ``mien.server.work.perform``.

    Args:
        analyzer: cuts by ``mien.workflows.live.session.SETTINGS``.
        order: of the kind "live".
        pieces: what the client sends.
        cancelled: whether the client has gone.
    """
    try:
        yield from carried_out(_told(analyzer, order, pieces.incoming), order, cancelled)
    finally:
        pieces.end()


def _told(analyzer: Analyzer, order: Order, incoming: Incoming) -> Generator[Table]:
    with closing(listen(analyzer, incoming)) as session:
        for told in session:
            if isinstance(told, Dropped):
                yield event(order.job, "dropped", {"count": told.count})
            elif isinstance(told, Said):
                yield event(order.job, "final" if told.final else "partial", _answer(told))
            else:
                if isinstance(told, Finished):
                    write(replace(told.timeline, source=order.name), order)
                # Progress also gives the caller a chance to see that the client has gone.
                if (message := message_of(told, order)) is not None:
                    yield message


def _box(p: Prediction) -> list[float] | None:
    """Where the face is at the end of the span; ``None`` when it is not in view then."""
    if p.faces is None or p.faces.times[-1] < p.span.end - _IN_VIEW:
        return None
    return [round(float(v), 4) for v in p.faces.boxes[-1]]


def _answer(said: Said) -> dict[str, Any]:
    p, shown = said.prediction, said.shown
    return {
        "answer": as_segment(p),
        "shown": {"who": p.who, "label": shown.label, "scores": rounded(shown.scores), "changed": shown.changed},
        "face": _box(p),
        "latency": None if said.latency is None else round(said.latency, 3),
    }
