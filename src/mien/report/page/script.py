"""The data for the script of a report, as JSON. Names are short, and numbers have the digits that a screen can show."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from mien.emotions import POSITIONS
from mien.explanation import Explanation
from mien.report import tracks
from mien.report.language import Language
from mien.report.page import story
from mien.report.page.evidence import graphs, table_of
from mien.report.page.media import Media
from mien.report.page.palette import MODALITY_LOOKS, looks
from mien.report.page.view import modalities_of
from mien.timeline import Prediction, Timeline
from mien.types import Modality

Table = dict[str, Any]
"""A JSON object. The scripts in ``templates`` know its names."""


def data(timeline: Timeline, say: Language, media: Media | None, explained: Sequence[Explanation | None]) -> Table:
    """All data of a report; see the module."""
    labels, modalities = timeline.labels, modalities_of(timeline)
    everybody = [p.who for p in story.people(timeline)]
    given = [*explained, *[None] * len(timeline.predictions)]
    return {
        "duration": round(timeline.duration, 3),
        "mime": media.mime if media else "",
        "words": {**say.table["script"], **say.table["numbers"]},
        "labels": [
            {"key": k, "name": say.name_of("labels", k), "place": POSITIONS.get(k), **asdict(look)}
            for k, look in zip(labels, looks(labels), strict=True)
        ],
        "modalities": [
            {"key": m, "name": say.name_of("modalities", m), **asdict(MODALITY_LOOKS[m])} for m in modalities
        ],
        "people": [say.person(who) for who in everybody],
        "reasons": say.table["reasons"],
        "graphs": graphs(explained),
        "curves": [
            {
                "w": everybody.index(c.who),
                "m": modalities.index(c.modality),
                "t": [round(float(x), 2) for x in c.curve.times],
                "p": [[round(float(x), 2) for x in row] for row in c.curve.scores],
                "d": [round(float(x), 2) if math.isfinite(x) else 0 for x in c.curve.deviation],
                "u": [int(x) for x in c.curve.uncertain],
            }
            for c in tracks.curves(timeline)
        ],
        "faces": [
            {
                "w": everybody.index(who),
                "t": [round(float(x), 2) for x in f.times],
                "b": [[round(1000 * float(x)) for x in box] for box in f.boxes],
            }
            for who, f in tracks.faces(timeline)
        ],
        "moments": [
            _numbers_of(p, everybody.index(p.who), labels, modalities, say, e)
            for p, e in zip(timeline.predictions, given, strict=False)
        ],
    }


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
    if opposed and all(side.modality != "llm" for side in opposed):  # the list of conflicts tells of a language model
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
