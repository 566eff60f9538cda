"""Reads and explains clips: one moment, or the moments of a whole clip that are most interesting."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from mien.errors import InputError, closest
from mien.events import Answered, Event, Finished, Notice, Progress, Work
from mien.explain.defaults import defaults
from mien.explain.evidence.base import Explainer
from mien.explain.path import build, explain
from mien.explain.slopes import run_of
from mien.explanation import Explanation
from mien.llms.opinion.asker import Asker
from mien.media.sources import Source, name_of
from mien.pipeline import Analyzer
from mien.timeline import Prediction, Timeline
from mien.types import Span
from mien.workflows.llms.ask import asked_about

MOST = 60
"""The largest number of moments that a report explains. More would take minutes, and nobody would look at them."""

_Key = tuple[Span, str | None, str]


class _Found(NamedTuple):
    """The wanted answer, those before it, the notices so far, and the end of the clip where it was read to its end."""

    answered: Answered
    before: Sequence[Prediction]
    notices: Sequence[Notice]
    end: Finished | None


def explain_moment(
    analyzer: Analyzer,
    source: Source | None,
    *,
    text: str | None = None,
    subtitles: Path | None = None,
    at: float | None = None,
    who: str | None = None,
    label: str | None = None,
    parts: Sequence[Explainer] | None = None,
    asker: Asker | None = None,
) -> Work[Explanation]:
    """Explains the answer about one moment of a clip. With ``at``, the clip is not read much further than the moment,
    unless the bundle compares a person with the whole clip.

    Args:
        analyzer: reads the clip.
        source, text, subtitles: see ``Analyzer.stream``.
        at: seconds from the start of the clip; ``None`` for the clearest moment.
        who: the person, when several are in view at once; ``None`` for the person with the clearest answer.
        label: the label to explain; ``None`` for the answered label.
        parts: explainers; ``None`` for the default ones.
        asker: asks a language model about this moment, whose opinion joins the answer; ``None`` asks none.

    Raises:
        InputError: there is no such moment, person or label, an explainer needs weights that the bundle lacks, the moment
            has no input for the named explainers, or the language model cannot be reached.
    """
    _check_label(analyzer, label)
    chosen = build(defaults().values()) if parts is None else parts
    if any(part.needs_run for part in chosen):
        run_of(analyzer.bundle)
    name = "text" if source is None else name_of(source)
    whole = bool(analyzer.bundle.populations)  # what is usual for a person is known at the end of the clip
    stream = analyzer.stream(source, text=text, subtitles=subtitles)
    found = yield from _sought(stream, name, at, who, whole)
    answered, notices, llm = found.answered, list(found.notices), None
    if found.end is not None:
        answered = _revised(analyzer, answered, found.end)
    if asker is not None:
        yield Progress("ask", asker.llm.model, 0, 1)
        answered, llm = asked_about(answered, found.before, asker, analyzer.bundle.positions)
        notices += asker.told(llm)
    bundle, moment = analyzer.bundle, answered.moment
    about = {"source": name, "label": label, "parts": chosen, "notices": notices, "llm": llm}
    explained = explain(bundle, moment, answered.prediction, **about)  # type: ignore[arg-type]  # as they are named
    if parts and not explained.evidence:
        raise InputError(_no_evidence(answered, parts))
    return explained


def _sought(stream: Work[Timeline], name: str, at: float | None, who: str | None, whole: bool) -> Work[_Found]:
    """The wanted answer."""
    sought: Answered | None = None
    end: Finished | None = None
    predictions: list[Prediction] = []
    before = 0
    notices: list[Notice] = []
    with closing(stream):
        for event in stream:
            if isinstance(event, Progress):
                yield event
            elif isinstance(event, Notice):
                notices.append(event)
            elif isinstance(event, Finished):
                end = event
            elif isinstance(event, Answered):
                found = event.prediction
                predictions.append(found)
                if at is not None and found.span.start > at and not whole:
                    break
                meant = (at is None or _around(found.span, at)) and who in (None, found.who)
                if meant and (sought is None or _clearness(found) > _clearness(sought.prediction)):
                    sought, before = event, len(predictions) - 1
    if sought is None:
        raise InputError(_nothing(name, predictions, at, who))
    return _Found(sought, predictions[:before], notices, end)


def _revised(analyzer: Analyzer, answered: Answered, end: Finished) -> Answered:
    """The answer as the timeline of the whole clip holds it."""
    key = _key(answered.prediction)
    prediction = next((p for p in end.timeline.predictions if _key(p) == key), answered.prediction)
    return Answered(prediction, analyzer.revised(answered.moment, end.people))


class Clearest:
    """Keeps the most interesting moments of an analysis: those in which inputs disagree, then the clearest ones.

    ``look`` gets the events of the analysis.

    Args:
        most: how many moments are kept, so that memory does not grow with the length of the clip.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._heap: list[tuple[float, int, Answered]] = []
        self._count = 0

    def look(self, event: Event) -> None:
        """Keeps an answer if it is among the most interesting ones."""
        if not isinstance(event, Answered):
            return
        self._count += 1
        entry = (_clearness(event.prediction), -self._count, event)
        if len(self._heap) < self._most:
            heapq.heappush(self._heap, entry)
        else:
            heapq.heappushpop(self._heap, entry)

    def explain(self, analyzer: Analyzer, end: Finished) -> Work[tuple[Explanation | None, ...]]:
        """An explanation for each prediction of the timeline, or ``None`` when the moment was not kept.

        Args:
            analyzer: the analyzer that gave the events.
            end: the last of these events.
        """
        timeline = end.timeline
        kept = {_key(event.prediction): event for _, _, event in self._heap}
        parts = build(defaults().values())
        found: list[Explanation | None] = []
        for p in timeline.predictions:
            event = kept.pop(_key(p), None)
            if event is None:
                found.append(None)
                continue
            moment = analyzer.revised(event.moment, end.people)
            found.append(explain(analyzer.bundle, moment, p, source=timeline.source, parts=parts, llm=timeline.llm))
            done = len(self._heap) - len(kept)
            yield Progress("explain", timeline.source, done, len(self._heap))
        return tuple(found)


def _key(p: Prediction) -> _Key:
    return p.span, p.who, p.text


def _clearness(p: Prediction) -> float:
    """How interesting a moment is: disagreement counts most, then a label that is not neutral, then its probability."""
    return (2.0 if p.conflict else 0.0) + (1.0 if p.label != "neutral" else 0.0) + p.scores[p.label]


def _around(span: Span, at: float) -> bool:
    return at in span or span.start == span.end == at


def _nothing(source: str, predictions: Sequence[Prediction], at: float | None, who: str | None) -> str:
    if at is None:
        return f"there is nothing to explain in '{source}'" + (f" of '{who}'" if who else "")
    near = min(predictions, key=lambda p: abs(p.span.start - at), default=None)
    hint = "" if near is None else f"; the nearest moment begins at {near.span.start:.1f} s"
    people = sorted({p.who for p in predictions if p.who})
    if who is not None and who not in people:
        return f"nobody called '{who}' is in '{source}'; {closest(who, people) if people else 'nobody is told apart'}"
    return f"nothing was read at {at:g} s of '{source}'{hint}"


def _no_evidence(answered: Answered, parts: Sequence[Explainer]) -> str:
    wanted, there = " or ".join(dict.fromkeys(p.modality for p in parts)), " and ".join(answered.moment.tracks)
    begin = answered.prediction.span.start
    return f"the moment at {begin:.1f} s has no {wanted} to explain, only {there}; name an explainer of that"


def _check_label(analyzer: Analyzer, label: str | None) -> None:
    labels = list(analyzer.task.labels)
    if label is not None and label not in labels:
        raise InputError(f"there is no label '{label}'; {closest(label, labels)}")
