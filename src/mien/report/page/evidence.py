"""Writes the evidence for an answer as the page's script reads it."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from mien.explanation import Evidence, Explanation, Piece
from mien.types import Modality

Table = dict[str, Any]


def table_of(e: Explanation, labels: Sequence[str], modalities: Sequence[Modality]) -> Table:
    """The evidence by modality, and the numbers of the decision path. Modalities without evidence are left out.

    Weights are in thousandths of a probability. The script draws them relative to the largest.
    """
    found: Table = {
        "label": labels.index(e.label) if e.label in labels else 0,
        "prior": round(e.prior, 3),
        "pooled": round(e.pooled.get(e.label, e.prior), 3),
        "weights": [round(e.weights[m], 3) if m in e.weights else None for m in modalities],
    }
    kinds: Mapping[Modality, Any] = {"text": _words, "voice": _sound, "face": _face}
    for evidence in e.evidence:
        found[evidence.modality] = kinds[evidence.modality](evidence)
    return found


def graphs(explained: Sequence[Explanation | None]) -> list[list[str]]:
    """Every stage of any explanation: name, modality or "", part, and file. The file name holds a part of its SHA-256."""
    seen = {(s.name, s.modality or "", s.part, s.file): None for e in explained if e for s in e.stages}
    return [list(step) for step in seen]


def _words(e: Evidence) -> list[list[Any]]:
    return [[p.text, _thousandths(p)] for p in e.pieces]


def _sound(e: Evidence) -> Table:
    """A grid. ``rows`` go from the highest band down, with a column for each time window."""
    spans = sorted({p.span for p in e.pieces if p.span is not None})
    bands = sorted({p.band for p in e.pieces if p.band is not None}, reverse=True)
    weights = {(p.band, p.span): _thousandths(p) for p in e.pieces}
    return {
        "edges": [round(s.start, 2) for s in spans] + [round(s.end, 2) for s in spans[-1:]],
        "bands": [[round(low), round(high)] for low, high in bands],
        "rows": [[weights.get((band, span), 0) for span in spans] for band in bands],
    }


def _face(e: Evidence) -> Table:
    """Boxes in the order of the pieces, and the crop in which they lie."""
    picture = "" if e.picture is None else f"data:image/png;base64,{base64.b64encode(e.picture).decode('ascii')}"
    boxes = [[*(round(x, 4) for x in p.box), _thousandths(p)] for p in e.pieces if p.box is not None]
    return {"boxes": boxes, "picture": picture}


def _thousandths(p: Piece) -> int:
    return round(1000 * p.weight)
