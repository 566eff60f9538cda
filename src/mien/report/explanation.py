"""Writes an explanation as JSON in the documented form `mien.explanation/1` (docs/explanations.md)."""

from __future__ import annotations

import base64
import json
from importlib.resources import files
from typing import Any

from mien.explanation import Evidence, Explanation, Piece
from mien.report import llm
from mien.report.exporters.json import as_segment, notices, rounded
from mien.report.sentences import sentence

SCHEMA = "mien.explanation/1"


def write_json(explanation: Explanation) -> str:
    """The whole explanation. The same clip and bundle give the same bytes."""
    return json.dumps(as_table(explanation), ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def schema() -> dict[str, Any]:
    """The JSON Schema of the output of ``write_json``."""
    text = files("mien.report").joinpath("schemas", "explanation.schema.json").read_text(encoding="utf-8")
    table: dict[str, Any] = json.loads(text)
    return table


def as_table(e: Explanation) -> dict[str, Any]:
    """The explanation as plain values."""
    values = rounded({"prior": e.prior, "probability": e.prediction.scores[e.label]})
    return {
        "schema": SCHEMA,
        "source": e.source,
        "bundle": {"name": e.bundle, "sha256": e.bundle_sha256},
        "answer": as_segment(e.prediction),
        "explained": {
            "task": e.task,
            "label": e.label,
            **values,
            "contributions": rounded(e.contributions),
            "interactions": {"+".join(pair): value for pair, value in rounded(e.interactions).items()},
        },
        "path": {
            "missing": list(e.missing),
            "stages": [vars(s) for s in e.stages],
            "weights": rounded(e.weights),
            "pooled": rounded(e.pooled),
            "calibrated": {**vars(e.calibrated), **rounded({"guards": e.calibrated.guards})},
        },
        "evidence": [_evidence(x) for x in e.evidence],
        "notices": notices(e.notices),
        "warnings": [sentence(notice) for notice in e.notices],
        **llm.record_table(e.llm, [e.prediction]),
    }


def _evidence(e: Evidence) -> dict[str, Any]:
    picture = None if e.picture is None else base64.b64encode(e.picture).decode("ascii")
    return {
        "modality": e.modality,
        "explainer": e.explainer,
        "pieces": [_piece(p) for p in e.pieces],
        **({} if picture is None else {"picture_png": picture}),
        **({} if e.total is None else rounded({"total": e.total})),
    }


def _piece(p: Piece) -> dict[str, Any]:
    """A piece as plain values, without the fields that do not apply to it."""
    found: dict[str, Any] = dict(rounded({"weight": p.weight}))
    if p.text:
        found["text"] = p.text
    if p.span is not None:
        found |= rounded({"start": p.span.start, "end": p.span.end})
    if p.band is not None:
        found["hz"] = list(p.band)
    if p.box is not None:
        found["box"] = [round(x, 4) for x in p.box]
    return found
