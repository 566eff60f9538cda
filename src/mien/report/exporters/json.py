"""Writes JSON in the documented form `mien.timeline/1` (docs/timeline.md, `mien schema`)."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from json import dumps, loads
from typing import Any

from mien.events import Notice
from mien.report import llm, tracks
from mien.report.exporters.base import Export, Exporter, exporters
from mien.report.page import story
from mien.report.sentences import sentence
from mien.timeline import Prediction, Timeline

SCHEMA = "mien.timeline/1"


@exporters.register
class Json(Exporter):
    """The whole timeline. Numbers are rounded to 6 decimals."""

    endings = ("json",)

    def write(self, export: Export) -> str:
        """See the class. The same timeline gives the same bytes."""
        table = as_table(export.timeline, export.portraits)
        found = table.pop("tracks", None)
        text = dumps(table, ensure_ascii=False, allow_nan=False, indent=1)
        if found is not None:
            # Rows of numbers stay on one line: there are thousands of them.
            parts = (
                f'  "{name}": [' + ",".join(f"\n   {dumps(row, allow_nan=False)}" for row in rows) + "\n  ]"
                for name, rows in found.items()
            )
            text = text.removesuffix("\n}") + ',\n "tracks": {\n' + ",\n".join(parts) + "\n }\n}"
        return text + "\n"


def schema() -> dict[str, Any]:
    """The JSON Schema of the output of ``Json``."""
    table: dict[str, Any] = loads(
        files("mien.report").joinpath("schemas", "timeline.schema.json").read_text(encoding="utf-8")
    )
    return table


def as_table(timeline: Timeline, portraits: bool = False) -> dict[str, Any]:
    """The timeline as plain values.

    Args:
        timeline: the answers.
        portraits: whether each person comes with a small picture of the face.
    """
    found = _tracks(timeline)
    return {
        "schema": SCHEMA,
        "source": timeline.source,
        "duration": _round(timeline.duration),
        "bundle": {"name": timeline.bundle, "sha256": timeline.bundle_sha256},
        "task": timeline.task,
        "segments": [as_segment(p) for p in timeline.predictions],
        "people": [_person(p, timeline.portraits if portraits else {}) for p in story.people(timeline)],
        "summary": {
            "label": timeline.label,
            "scores": rounded(timeline.scores),
            "valence": _round(timeline.valence),
            "arousal": _round(timeline.arousal),
            "influences": [_round(value) for value in timeline.influences],
        },
        "notices": notices(timeline.notices),
        "warnings": [sentence(notice) for notice in timeline.notices],
        "notes": list(timeline.notes),
        **llm.record_table(timeline.llm, timeline.predictions),
        **({"tracks": found} if any(found.values()) else {}),
    }


def _person(person: story.Person, portraits: Mapping[str, bytes]) -> dict[str, Any]:
    picture = portraits.get(person.who or "")
    return {
        "who": person.who,
        "segments": person.count,
        "seconds": _round(person.seconds),
        "label": person.label,
        "scores": rounded(person.scores),
        **({} if picture is None else {"portrait_jpeg": base64.b64encode(picture).decode("ascii")}),
    }


def _tracks(timeline: Timeline) -> dict[str, list[dict[str, Any]]]:
    """Curves and face boxes as plain values. Numbers have the digits that mean something."""
    curves = [
        {
            "who": c.who,
            "modality": c.modality,
            "times": _row(c.curve.times, 3),
            "scores": {label: _row(c.curve.scores[:, k], 3) for k, label in enumerate(timeline.labels)},
            "deviation": _row(c.curve.deviation, 3),
            "uncertain": [bool(x) for x in c.curve.uncertain],
        }
        for c in tracks.curves(timeline)
    ]
    faces = [
        {"who": who, "times": _row(f.times, 3), "boxes": [_row(box, 4) for box in f.boxes]}
        for who, f in tracks.faces(timeline)
    ]
    return {"curves": curves, "faces": faces}


def _row(values: Iterable[float], digits: int) -> list[float | None]:
    return [round(float(v), digits) + 0.0 if math.isfinite(v) else None for v in values]


def notices(given: Sequence[Notice]) -> list[dict[str, Any]]:
    """Notices as plain values: code and values."""
    return [{"code": notice.code, "values": dict(notice.values)} for notice in given]


def as_segment(p: Prediction) -> dict[str, Any]:
    """One segment as plain values."""
    return {
        "start": _round(p.span.start),
        "end": _round(p.span.end),
        "who": p.who,
        "text": p.text,
        "language": p.language,
        "emotion": {"label": p.label, "scores": rounded(p.scores)},
        "valence": _round(p.valence),
        "arousal": _round(p.arousal),
        "modalities": rounded(p.shares),
        "contributions": rounded(p.contributions),
        "interactions": {"+".join(pair): _round(value) for pair, value in p.interactions.items()},
        "conflict": _conflict(p),
        "opinions": {m: rounded(o) for m, o in p.opinions.items()},
        "quality": {m: rounded(q) for m, q in p.quality.items()},
        "label_set": list(p.label_set),
        "uncertain": p.uncertain,
        "reasons": list(p.reasons),
        **llm.opinion_table(p),
    }


def _conflict(p: Prediction) -> dict[str, Any] | None:
    pair = p.conflict
    if pair is None:
        return None
    return {
        "sentence": f"{pair[0].modality} {pair[0].label}, {pair[1].modality} {pair[1].label}",
        "between": [{"modality": o.modality, "label": o.label, "probability": _round(o.probability)} for o in pair],
    }


def rounded(values: Mapping[Any, float]) -> dict[Any, float | None]:
    """The values with 6 decimals and without minus zero."""
    return {k: _round(v) for k, v in values.items()}


def _round(value: float | None) -> float | None:
    # The sum with 0.0 turns minus zero into zero.
    return None if value is None else round(value, 6) + 0.0
