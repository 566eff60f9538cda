"""The curves and face boxes of all moments of a timeline, joined for each person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mien.timeline import Curve, FaceBoxes, Timeline
from mien.types import MODALITIES, Modality


@dataclass(frozen=True)
class PersonCurve:
    """The curve of one modality of one person over the whole clip. Times increase."""

    who: str | None
    modality: Modality
    curve: Curve


def curves(timeline: Timeline) -> list[PersonCurve]:
    """All curves, people in order of appearance."""
    found = []
    for who in _people(timeline):
        for m in MODALITIES:
            parts = [p.curves[m] for p in timeline.predictions if p.who == who and m in p.curves]
            if parts:
                joined = {name: np.concatenate([getattr(c, name) for c in parts]) for name in vars(parts[0])}
                found.append(PersonCurve(who, m, Curve(**joined)))
    return found


def faces(timeline: Timeline) -> Iterator[tuple[str | None, FaceBoxes]]:
    """Each person in view with all boxes of the face, in order of time."""
    for who in _people(timeline):
        parts = [p.faces for p in timeline.predictions if p.who == who and p.faces is not None]
        if parts:
            yield who, FaceBoxes(np.concatenate([f.times for f in parts]), np.concatenate([f.boxes for f in parts]))


def middle_box(boxes: FaceBoxes) -> tuple[float, float, float, float]:
    """One box for a whole moment: the median of each side."""
    left, top, right, bottom = (float(v) for v in np.median(boxes.boxes, axis=0))
    return left, top, right, bottom


def _people(timeline: Timeline) -> list[str | None]:
    return list(dict.fromkeys(p.who for p in timeline.predictions))
