"""A timeline as the page needs it: plain values for the template, and compact ones for the page's script."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from statistics import median
from typing import Any

from mien import __version__
from mien.emotions import POSITIONS
from mien.explanation import Explanation
from mien.report.clock import clock
from mien.report.page import story
from mien.report.page.evidence import graphs, table_of
from mien.report.page.media import Media
from mien.report.page.palette import MODALITY_LOOKS, looks
from mien.report.page.words import Language
from mien.report.sentences import sentence
from mien.timeline import Prediction, Timeline
from mien.types import MODALITIES, Modality

Table = dict[str, Any]

_DRIVERS = 3  # moments named beside the summary
_NOTABLE = 0.001  # of a probability


def page(timeline: Timeline, say: Language, media: Media | None, explained: Sequence[Explanation | None] = ()) -> Table:
    """What the template shows, in words."""
    labels = timeline.labels
    everybody = story.people(timeline)
    return {
        "name": timeline.source,
        "facts": _facts(timeline, everybody, say, media),
        "summary": story.summary(timeline, say),
        "overall": _bars(timeline.scores, labels, say),
        "labels": [
            {"name": say.name_of("labels", k), **asdict(look)} for k, look in zip(labels, looks(labels), strict=True)
        ],
        "modalities": [
            {"name": say.name_of("modalities", m), **asdict(MODALITY_LOOKS[m])} for m in _modalities(timeline)
        ],
        "warnings": [(sentence(notice, say.name), True) for notice in timeline.notices],
        "calibrated": all(notice.code != "uncalibrated" for notice in timeline.notices),
        "notes": [say.note(line) for line in timeline.notes],
        "moments": [_moment(p, labels, say, timeline.duration > 0) for p in timeline.predictions],
        "people": [_person(p, labels, say) for p in everybody],
        "conflicts": [c for i, p in enumerate(timeline.predictions) if (c := _conflict(i, p, labels, say))],
        "drivers": _drivers(timeline, say),
        "explained": sum(e is not None for e in explained),
        "quality": _quality(timeline, say),
        "placed": all(p.valence is not None for p in timeline.predictions),
        "timed": timeline.duration > 0 and any(p.span.duration > 0 for p in timeline.predictions),
        "technical": _technical(timeline, say),
        "media": media,
    }


def data(timeline: Timeline, say: Language, media: Media | None, explained: Sequence[Explanation | None]) -> Table:
    """What the script reads: numbers with as many digits as a screen can show."""
    labels, modalities = timeline.labels, _modalities(timeline)
    everybody = [p.who for p in story.people(timeline)]
    given = [*explained, *[None] * len(timeline.predictions)]
    return {
        "duration": round(timeline.duration, 3),
        "mime": media.mime if media else "",
        "words": {**say.table["script"], **say.table["numbers"]},
        "labels": [
            {"name": say.name_of("labels", k), "place": POSITIONS.get(k), **asdict(look)}
            for k, look in zip(labels, looks(labels), strict=True)
        ],
        "modalities": [
            {"key": m, "name": say.name_of("modalities", m), **asdict(MODALITY_LOOKS[m])} for m in modalities
        ],
        "people": [say.person(who) for who in everybody],
        "reasons": say.table["reasons"],
        "graphs": graphs(explained),
        "alone": [_numbers(story.alone(timeline).get(m), labels) for m in modalities],
        "overall": _numbers(timeline.scores, labels),
        "moments": [
            _numbers_of(p, everybody.index(p.who), labels, modalities, say, e)
            for p, e in zip(timeline.predictions, given, strict=False)
        ],
    }


def _modalities(timeline: Timeline) -> list[Modality]:
    return [m for m in MODALITIES if any(m in p.shares or m in p.opinions for p in timeline.predictions)]


def _facts(timeline: Timeline, everybody: Sequence[story.Person], say: Language, media: Media | None) -> list[str]:
    facts = [say.count("moments", len(timeline.predictions))]
    named = sum(p.who is not None for p in everybody)
    if named:
        facts.insert(0, say.count("people", named))
    if timeline.duration > 0 and (media is None or media.kind != "text"):
        facts.insert(0, say.span_of_time(timeline.duration))
    return [*facts, say("page.bundle", name=timeline.bundle)]


def _bars(scores: Mapping[str, float], labels: Sequence[str], say: Language) -> list[Table]:
    order = sorted(labels, key=lambda k: -scores.get(k, 0.0)) if scores else []
    return [
        {
            "name": say.name_of("labels", k),
            "index": labels.index(k),
            "width": f"{100 * scores.get(k, 0.0):.1f}",
            "about": say.about(scores.get(k, 0.0)),
        }
        for k in order
    ]


def _moment(p: Prediction, labels: Sequence[str], say: Language, timed: bool) -> Table:
    return {
        "clock": clock(p.span.start) if timed else "",
        "who": say.person(p.who),
        "text": p.text,
        "label": say.name_of("labels", p.label),
        "index": labels.index(p.label),
        "sure": not p.uncertain,
        "about": say.about(p.scores[p.label]),
        "depth": min(4, int(5 * p.scores[p.label])),
        "shares": say.join([f"{say.name_of('modalities', m)} {say.about(s)}" for m, s in p.shares.items()]),
        "doubts": _doubts(p, labels, say),
        "conflict": p.conflict is not None,
    }


def _doubts(p: Prediction, labels: Sequence[str], say: Language) -> list[str]:
    """Why it is less sure and which labels it is one of, as the script says it, for paper."""
    lines = []
    if p.reasons:
        lines.append(say("script.less_sure", list=say.join([say.name_of("reasons", r) for r in p.reasons])))
    if len(p.label_set) > 1:
        lines.append(say("script.plausible", list=say.join([say.name_of("labels", k) for k in p.label_set])))
    return lines


def _person(person: story.Person, labels: Sequence[str], say: Language) -> Table:
    count = say.count("moments", person.count)
    spoke = say("people.spoke", moments=count, time=say.span_of_time(person.seconds)) if person.seconds else count
    return {
        "name": say.person(person.who),
        "spoke": spoke,
        "bars": _bars(person.scores, labels, say)[:4],
        "place": [] if person.valence is None else [_signed(person.valence), _signed(person.arousal or 0.0)],
    }


def _signed(value: float) -> str:
    return f"{value + 0.0:+.1f}".replace("-0.0", "+0.0")


def _when(p: Prediction) -> str:
    """Its time; nothing where there is none, as of a picture."""
    return clock(p.span.start) if p.span.end > 0 else ""


def _conflict(i: int, p: Prediction, labels: Sequence[str], say: Language) -> Table | None:
    pair = p.conflict
    if pair is None:
        return None
    sides = [
        {
            "modality": say.name_of("modalities", side.modality),
            "label": say.name_of("labels", side.label),
            "index": labels.index(side.label) if side.label in labels else 0,
            "about": say.about(side.probability),
        }
        for side in pair
    ]
    return {
        "moment": i,
        "clock": _when(p),
        "who": say.person(p.who),
        "text": p.text,
        "sides": sides,
    }


def _drivers(timeline: Timeline, say: Language) -> list[Table]:
    """The moments that moved the summary most towards its label; none where there are too few to compare."""
    moved = timeline.influences
    order = sorted(range(len(moved)), key=lambda i: -moved[i])[:_DRIVERS] if len(moved) > _DRIVERS else []
    chosen = ((i, timeline.predictions[i]) for i in order if moved[i] >= _NOTABLE)
    return [
        {
            "moment": i,
            "clock": _when(p),
            "who": say.person(p.who),
            "text": p.text,
            "points": say("numbers.points", n=f"{100 * moved[i]:+.1f}"),
        }
        for i, p in chosen
    ]


def _quality(timeline: Timeline, say: Language) -> list[Table]:
    rows = []
    for m in _modalities(timeline):
        names = dict.fromkeys(name for p in timeline.predictions for name in p.quality.get(m, {}))
        for name in names:
            values = [q[name] for p in timeline.predictions if name in (q := p.quality.get(m, {}))]
            values = [v for v in values if math.isfinite(v)]
            if values:
                three = (min(values), median(values), max(values))
                said = [say.measure(name, v) for v in three]
                where = say.name_of("modalities", m)
                rows.append({"key": name, "modality": where, "name": say.name_of("quality", name), "said": said})
    return rows


def _technical(timeline: Timeline, say: Language) -> list[tuple[str, str]]:
    rows = {
        "source": timeline.source,
        "duration": f"{timeline.duration:.2f} s",
        "bundle": timeline.bundle,
        "sha256": timeline.bundle_sha256,
        "task": timeline.task,
        "version": __version__,
    }
    return [(say(f"technical.{key}"), value) for key, value in rows.items()]


def _numbers(values: Mapping[str, float] | None, names: Sequence[str]) -> list[float] | None:
    return [_short(values.get(k, 0.0)) for k in names] if values else None


def _short(value: float) -> float:
    return round(value, 3) + 0.0 if math.isfinite(value) else 0.0


def _numbers_of(
    p: Prediction,
    who: int,
    labels: Sequence[str],
    modalities: Sequence[Modality],
    say: Language,
    explanation: Explanation | None,
) -> Table:
    opposed = p.conflict
    table: Table = {
        "s": round(p.span.start, 3),
        "e": round(p.span.end, 3),
        "w": who,
        "l": labels.index(p.label),
        "p": _numbers(p.scores, labels),
        "v": _short(p.valence or 0.0),
        "a": _short(p.arousal or 0.0),
        "m": [_short(p.shares[m]) if m in p.shares else None for m in modalities],
        "o": [_numbers(p.opinions.get(m), labels) for m in modalities],
        "q": [
            [[k, say.measure(k, v)] for k, v in p.quality.get(m, {}).items() if math.isfinite(v)] for m in modalities
        ],
    }
    table["q"] = [[[say.name_of("quality", k), said] for k, said in measures] for measures in table["q"]]
    if p.uncertain:
        table["u"] = 1
    if opposed:
        table["c"] = [modalities.index(side.modality) for side in opposed]
    if p.contributions:
        table["k"] = [_short(p.contributions[m]) if m in p.contributions else None for m in modalities]
    if p.label_set:
        table["ls"] = [labels.index(k) for k in p.label_set]
    if p.reasons:
        table["r"] = list(p.reasons)
    if explanation is not None:
        table["ev"] = table_of(explanation, labels, modalities)
    return table
