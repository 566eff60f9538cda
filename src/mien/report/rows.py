"""Turns a timeline into rows, one for each segment, for CSV files and for pandas."""

from __future__ import annotations

from collections.abc import Iterator

from mien.report.tracks import middle_box
from mien.timeline import Timeline
from mien.types import MODALITIES

Cell = str | float | bool | None

_SIDES = ("left", "top", "right", "bottom")


def columns(timeline: Timeline) -> list[str]:
    """The names of the columns.

    They are start, end (seconds), who, text, language, emotion (or the name of another task), probability, valence, arousal,
    p_<label>, share_<modality>, uncertain, label_set and reasons, and face_left, face_top, face_right and face_bottom: the
    middle of the boxes of the face, as parts of the width and height of the picture.
    """
    answer = ["start", "end", "who", "text", "language", timeline.task, "probability", "valence", "arousal"]
    labels = [f"p_{label}" for label in timeline.labels]
    shares = [f"share_{m}" for m in MODALITIES]
    return [*answer, *labels, *shares, "uncertain", "label_set", "reasons", *(f"face_{side}" for side in _SIDES)]


def rows(timeline: Timeline) -> Iterator[list[Cell]]:
    """The values of the columns for each segment.

    ``None`` stands for an unknown person or language, for the share of an absent modality, for a face that is not in view, and
    for valence and arousal when the labels are not emotions. Label sets and reasons are joined by "|".
    """
    for p in timeline.predictions:
        numbers = (p.scores[p.label], p.valence, p.arousal, *(p.scores[label] for label in timeline.labels))
        shares = (p.shares.get(m) for m in MODALITIES)
        trust = (p.uncertain, "|".join(p.label_set), "|".join(p.reasons))
        box: tuple[float | None, ...] = (None,) * len(_SIDES) if p.faces is None else middle_box(p.faces)
        yield [p.span.start, p.span.end, p.who, p.text, p.language, p.label, *numbers, *shares, *trust, *box]
