"""Carries out an order inside a worker: reads a clip by ``Analyzer.stream``, and writes results into the job's folder."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from mien.errors import InputError, explain, is_mistake
from mien.events import Answered, Event, Finished, Heard, Notice, Progress, tap
from mien.media.written import is_text
from mien.pipeline import Analyzer
from mien.report import files
from mien.report.explanation import write_json
from mien.report.exporters.base import Export, exporter
from mien.report.exporters.json import as_segment, notices
from mien.report.sentences import sentence
from mien.runtime.messages import Table
from mien.server.orders import RESULTS, Order, event
from mien.timeline import Timeline
from mien.types import Clip
from mien.workflows.explain_clip import explain_moment
from mien.workflows.llms.served import ServedLlm

_PACE = 0.1  # seconds between two messages of progress


def perform(
    analyzer: Analyzer, order: Order, cancelled: Callable[[], bool], llm: ServedLlm | None = None
) -> Iterator[Table]:
    """The messages about an order. The last one is "end", "failed" or "cancelled".

    Args:
        analyzer: reads the clip.
        order: what to do.
        cancelled: whether the client has given up; it is asked at every event.
        llm: the language model that is asked, too; ``None`` for none.
    """
    work = _explained if order.kind == "explain" else _analyzed
    yield from carried_out(work(analyzer, order, llm), order, cancelled)


def carried_out(work: Generator[Table], order: Order, cancelled: Callable[[], bool]) -> Iterator[Table]:
    """The messages of work, until the client gives up; an error becomes the message "failed".

    A reader of files that is fast tells progress dozens of times a second, and each message costs the server as much as an
    answer. A live session tells all, because nothing may come after it for long.
    """
    next_progress, pace = 0.0, 0.0 if order.kind == "live" else _PACE
    try:
        with closing(work) as told:
            for message in told:
                if cancelled():
                    yield event(order.job, "cancelled", {})
                    return
                if message["event"] == "progress":
                    if time.monotonic() < next_progress:
                        continue
                    next_progress = time.monotonic() + pace
                yield message
    except Exception as error:
        detail = _without_folder(explain(error), order) if is_mistake(error) else ""
        yield event(
            order.job, "failed", {"mistake": is_mistake(error), "detail": detail, "fault": type(error).__name__}
        )


def _analyzed(analyzer: Analyzer, order: Order, llm: ServedLlm | None) -> Generator[Table]:
    work = analyzer.stream(_source(order), text=order.text, subtitles=order.subtitles or None)
    with closing(work if llm is None else llm.joined(work, analyzer.bundle.positions)) as stream:
        for told in stream:
            _check_length(told, order)
            if isinstance(told, Finished):
                write(told.timeline, order)
            if (message := message_of(told, order)) is not None:
                yield message


def _explained(analyzer: Analyzer, order: Order, llm: ServedLlm | None) -> Generator[Table]:
    subtitles = Path(order.subtitles) if order.subtitles else None
    moment = {"at": order.at, "who": order.who, "label": order.label, "asker": llm and llm.asker(explaining=True)}
    work = explain_moment(analyzer, _source(order), text=order.text, subtitles=subtitles, **moment)  # type: ignore[arg-type]  # as an order is typed
    kept: list[Table] = []

    def tell(told: Event) -> None:
        _check_length(told, order)
        if (message := message_of(told, order)) is not None:
            kept.append(message)

    told = tap(work, tell)
    while True:
        try:
            next(told)
        except StopIteration as end:
            found = end.value
            break
        yield from kept
        kept.clear()
    files.put(Path(order.folder) / RESULTS["json"][0], write_json(found if llm is None else llm.noted(found)))
    yield event(order.job, "end", {"forms": ["json"]})


def _source(order: Order) -> Clip | None:
    return Clip(order.name, video=Path(order.file)) if order.file else None


def _check_length(told: Event, order: Order) -> None:
    """Refuses a clip when it turns out to be too long; its header may say anything."""
    if isinstance(told, Progress) and told.stage == "read" and max(told.done, told.total) > order.longest:
        raise InputError(f"'{order.name}' is longer than the {order.longest:g} s that this server reads; cut it")


def write(timeline: Timeline, order: Order) -> None:
    """Writes the results of an order into the folder of its job."""
    media = None
    if "html" in order.forms:
        from mien.report.page.media import Media

        media = Media("text") if not order.file or is_text(Path(order.file)) else None
    for form in order.forms:
        content = exporter(form).write(Export(timeline, order.lang, media if form == "html" else None))
        files.put(Path(order.folder) / RESULTS[form][0], content)


def message_of(told: Event, order: Order) -> Table | None:
    """An event of the library as a message; ``None`` for those that clients do not need."""
    if isinstance(told, Progress):
        return event(
            order.job, "progress", {"stage": told.stage, "done": round(told.done, 3), "total": round(told.total, 3)}
        )
    if isinstance(told, Heard):
        return event(order.job, "words", _words(told))
    if isinstance(told, Answered):
        return event(order.job, "answer", as_segment(told.prediction))
    if isinstance(told, Notice):
        return event(order.job, "notice", {**notices([told])[0], "sentence": sentence(told, order.lang)})
    if isinstance(told, Finished):
        return event(order.job, "end", {"forms": list(order.forms)})
    return None


def _words(heard: Heard) -> dict[str, Any]:
    items = heard.words.items
    return {
        "start": round(items[0].span.start, 3),
        "end": round(items[-1].span.end, 3),
        "who": heard.who,
        "text": heard.words.text,
        "language": heard.words.language,
    }


def _without_folder(detail: str, order: Order) -> str:
    """A sentence with the client's names in place of ours, so that it says nothing about the disk of the server."""
    for path in (order.file, order.subtitles):
        if path:
            detail = detail.replace(path, order.name if path == order.file else "the subtitles")
    return detail.replace(order.folder, "")
