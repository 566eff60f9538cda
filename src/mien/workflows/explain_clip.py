"""Clips read and explained: one moment, or the moments of a whole clip that are most worth it."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from pathlib import Path

from mien.errors import InputError, closest
from mien.explain.defaults import defaults
from mien.explain.evidence.base import Explainer
from mien.explain.path import build, explain
from mien.explain.question import Moment
from mien.explain.slopes import run_of
from mien.explanation import Explanation
from mien.media.segmenting import Progress
from mien.pipeline import Analyzer
from mien.timeline import Prediction, Timeline
from mien.types import Clip, Span

MOST = 60
"""Moments of a clip whose inputs are taken apart for a report: more would cost minutes, and nobody would look at them."""

_Key = tuple[Span, str | None, str]


def explain_moment(
    analyzer: Analyzer,
    source: Path | None,
    *,
    text: str | None = None,
    subtitles: Path | None = None,
    at: float | None = None,
    who: str | None = None,
    label: str | None = None,
    parts: Sequence[Explainer] | None = None,
    progress: Progress | None = None,
) -> Explanation:
    """Why one moment of a clip was answered as it was.

    Args:
        analyzer: what reads the clip.
        source, text, subtitles, progress: see ``Analyzer.analyze``.
        at: seconds from the start of the clip; ``None`` for the clearest moment.
        who: the person, where several are in view at once; ``None`` for the one who is read most surely.
        label: the label to explain; ``None`` for the answer.
        parts: explainers; ``None`` for the default ones.

    Raises:
        InputError: there is no such moment, person or label, an explainer needs weights that the bundle lacks, or the moment
            has nothing that the named explainers take apart.
    """
    _check_label(analyzer, label)
    chosen = build(defaults().values()) if parts is None else parts
    if any(part.needs_run for part in chosen):
        run_of(analyzer.bundle)
    kept: list[tuple[Moment, Prediction]] = []

    def watch(seen: Moment, prediction: Prediction) -> None:
        if (at is None or _around(prediction.span, at)) and who in (None, prediction.who):
            kept.append((seen, prediction))
            kept.sort(key=lambda pair: -_clearness(pair[1]))
            del kept[1:]

    given: str | Path | Clip | None = source
    if at is not None and source is not None:
        # What comes after the moment need not be read.
        given = Clip(source.name, video=source, span=Span(0.0, max(at, 0.0) + 0.001))
    timeline = analyzer.analyze(given, text=text, subtitles=subtitles, progress=progress, watch=watch)
    if not kept:
        raise InputError(_nothing(timeline, at, who))
    seen, first = kept[0]
    same = next((p for p in timeline.predictions if _key(p) == _key(first)), first)
    found = explain(
        analyzer.bundle,
        seen,
        same,
        source=timeline.source,
        label=label,
        parts=chosen,
        warnings=timeline.warnings,
    )
    if parts and not found.evidence:
        raise InputError(_no_evidence(same, seen, parts))
    return found


class Clearest:
    """Watches an analysis and keeps the moments most worth explaining: where inputs disagree, then the clearest ones.

    Args:
        most: how many, so that memory does not grow with the length of the clip.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._heap: list[tuple[float, int, Moment, Prediction]] = []
        self._count = 0

    def __call__(self, seen: Moment, prediction: Prediction) -> None:
        """Keep it, or let it go."""
        self._count += 1
        entry = (_clearness(prediction), -self._count, seen, prediction)
        if len(self._heap) < self._most:
            heapq.heappush(self._heap, entry)
        else:
            heapq.heappushpop(self._heap, entry)

    def explain(
        self, analyzer: Analyzer, timeline: Timeline, progress: Progress | None = None
    ) -> tuple[Explanation | None, ...]:
        """An explanation for each prediction of the timeline, or ``None`` where the moment was let go.

        Args:
            analyzer: what was watched.
            timeline: what it answered.
            progress: told (moments done, moments in all).
        """
        kept = {_key(p): (seen, p) for _, _, seen, p in self._heap}
        parts = build(defaults().values())
        found: list[Explanation | None] = []
        done = 0
        for p in timeline.predictions:
            pair = kept.get(_key(p))
            if pair is None:
                found.append(None)
                continue
            found.append(explain(analyzer.bundle, pair[0], p, source=timeline.source, parts=parts))
            done += 1
            if progress is not None:
                progress(done, len(kept))
        return tuple(found)


def _key(p: Prediction) -> _Key:
    return p.span, p.who, p.text


def _clearness(p: Prediction) -> float:
    """Disagreement first, then what is expressed clearly and is not neutral."""
    return (2.0 if p.conflict else 0.0) + (1.0 if p.label != "neutral" else 0.0) + p.scores[p.label]


def _around(span: Span, at: float) -> bool:
    return at in span or span.start == span.end == at


def _nothing(timeline: Timeline, at: float | None, who: str | None) -> str:
    if at is None:
        return f"there is nothing to explain in '{timeline.source}'" + (f" of '{who}'" if who else "")
    near = min(timeline.predictions, key=lambda p: abs(p.span.start - at), default=None)
    hint = "" if near is None else f"; the nearest moment begins at {near.span.start:.1f} s"
    people = sorted({p.who for p in timeline.predictions if p.who})
    if who is not None and who not in people:
        return f"nobody called '{who}' is in '{timeline.source}'; {closest(who, people) if people else 'nobody is told apart'}"
    return f"nothing was read at {at:g} s of '{timeline.source}'{hint}"


def _no_evidence(moment: Prediction, seen: Moment, parts: Sequence[Explainer]) -> str:
    wanted, there = " or ".join(dict.fromkeys(p.modality for p in parts)), " and ".join(seen.tracks)
    return (
        f"the moment at {moment.span.start:.1f} s has no {wanted} to explain, only {there}; name an explainer of that"
    )


def _check_label(analyzer: Analyzer, label: str | None) -> None:
    labels = list(analyzer.task.labels)
    if label is not None and label not in labels:
        raise InputError(f"there is no label '{label}'; {closest(label, labels)}")
