"""Turns a timeline into rows, one for each segment, for CSV files and for pandas."""

from __future__ import annotations

from collections.abc import Iterator

from mien.timeline import Timeline
from mien.types import MODALITIES

Cell = str | float | bool | None


def columns(timeline: Timeline) -> list[str]:
    """The names of the columns.

    They are start, end (seconds), who, text, language, emotion (or the name of another task), probability, valence, arousal,
    p_<label>, share_<modality>, uncertain, label_set and reasons.
    """
    answer = ["start", "end", "who", "text", "language", timeline.task, "probability", "valence", "arousal"]
    labels = [f"p_{label}" for label in timeline.labels]
    return [*answer, *labels, *(f"share_{m}" for m in MODALITIES), "uncertain", "label_set", "reasons"]


def rows(timeline: Timeline) -> Iterator[list[Cell]]:
    """The values of the columns for each segment.

    ``None`` stands for an unknown person or language, for the share of an absent modality, and for valence and arousal when
    the labels are not emotions. Label sets and reasons are joined by "|".
    """
    for p in timeline.predictions:
        numbers = (p.scores[p.label], p.valence, p.arousal, *(p.scores[label] for label in timeline.labels))
        shares = (p.shares.get(m) for m in MODALITIES)
        trust = (p.uncertain, "|".join(p.label_set), "|".join(p.reasons))
        yield [p.span.start, p.span.end, p.who, p.text, p.language, p.label, *numbers, *shares, *trust]
