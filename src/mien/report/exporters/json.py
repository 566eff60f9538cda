"""Writes JSON in the documented form `mien.timeline/1` (docs/timeline.md, `mien schema`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from json import dumps, loads
from typing import Any

from mien.events import Notice
from mien.report.exporters.base import Export, Exporter, exporters
from mien.report.sentences import sentence
from mien.timeline import Prediction, Timeline

SCHEMA = "mien.timeline/1"


@exporters.register
class Json(Exporter):
    """The whole timeline. Numbers are rounded to 6 decimals."""

    endings = ("json",)

    def write(self, export: Export) -> str:
        """See the class. The same timeline gives the same bytes."""
        return dumps(as_table(export.timeline), ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def schema() -> dict[str, Any]:
    """The JSON Schema of the output of ``Json``."""
    table: dict[str, Any] = loads(
        files("mien.report").joinpath("schemas", "timeline.schema.json").read_text(encoding="utf-8")
    )
    return table


def as_table(timeline: Timeline) -> dict[str, Any]:
    """The timeline as plain values."""
    return {
        "schema": SCHEMA,
        "source": timeline.source,
        "duration": _round(timeline.duration),
        "bundle": {"name": timeline.bundle, "sha256": timeline.bundle_sha256},
        "task": timeline.task,
        "segments": [as_segment(p) for p in timeline.predictions],
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
    }


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
