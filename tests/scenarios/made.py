"""Sessions and timelines made up for tests of scenarios."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np

from mien.emotions import EMOTIONS, POSITIONS, expected
from mien.scenarios.measures.measures import VERSION, Value
from mien.scenarios.store.kept import Session
from mien.timeline import Curve, Prediction, Timeline
from mien.types import Modality, Span

VALUES = {
    "speaking.neutral": 0.6, "speaking.happy": 0.3, "speaking.sad": 0.1, "valence": 0.2, "arousal": 0.1, "face_range": 0.5,
    "face_flat": 0.3, "voice_range": 0.4, "voice_flat": 0.2, "speech_rate": 140.0, "pause_share": 0.2, "pitch_variability": 2.5,
    "first_person": 0.08, "turn_latency": 0.4,
}  # fmt: skip


def session(day: date, values: Mapping[str, float] | None = None, purpose: str = "clinical") -> Session:
    """A session whose intervals are a twentieth of each value wide on either side."""
    given = {**VALUES, **(values or {})}
    spread = {name: Value(v, v - abs(v) / 20, v + abs(v) / 20, 30, 240.0) for name, v in given.items()}
    minutes = {"text": 4.0, "voice": 4.0, "face": 6.5, "speaking": 4.0, "listening": 2.0}
    return Session(day, purpose, minutes, spread, VERSION, "research 0123456789ab", ("text", "voice", "face"))


def said(start: float, end: float, who: str, label: str = "neutral", text: str = "", face: bool = True) -> Prediction:
    """A moment whose person speaks if there is a text."""
    scores = dict.fromkeys(EMOTIONS, 0.05) | {label: 0.7}
    parts: list[Modality] = [*(["text", "voice"] if text else []), *(["face"] if face else [])]  # type: ignore[list-item]  # names
    rows = np.asarray([[scores[k] for k in EMOTIONS]] * 4, np.float32)
    curve = Curve(np.linspace(start, end, 4, endpoint=False), rows, np.zeros(4, np.float32), np.zeros(4, bool))
    valence, arousal = expected(scores, POSITIONS)
    return Prediction(
        Span(start, end), who, text, label, scores, valence, arousal, dict.fromkeys(parts, 1 / len(parts)),
        dict.fromkeys(parts, scores), {}, language="en" if text else None,
        curves={m: curve for m in parts if m != "text"},
    )  # fmt: skip


def timeline(*predictions: Prediction) -> Timeline:
    end = max(p.span.end for p in predictions)
    return Timeline(
        "talk.mp4", end, "research", "0" * 64, predictions, "neutral", dict.fromkeys(EMOTIONS, 1 / 7), 0.0, 0.0
    )
