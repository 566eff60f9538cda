"""The definitions of all measures. docs/medicine.md has them in words, with their sources."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mien.emotions import EMOTIONS
from mien.metrics.base import Of, Sums
from mien.scenarios.measures.measures import Each, Measure
from mien.scenarios.measures.moments import Moment, State
from mien.types import Modality

FLAT = 0.2
"""Below this probability of everything but neutral, a second counts as flat."""

_BINS = 50
_LEAST = 1e-4  # a probability counts as this at least, as in ``mien.timeline``


def defined() -> tuple[Measure, ...]:
    """All measures, in the order in which they are shown."""
    return (
        *_emotions("speaking"),
        *_emotions("listening"),
        *_axes(),
        *_curves(),
        *_speech(),
        *_turns(),
        *_sound(),
        FACING,
    )


def _emotions(state: State) -> Iterator[Measure]:
    """The geometric mean of the probabilities while in a state, weighted by time, as a timeline's summary is."""
    for place, label in enumerate(EMOTIONS):
        yield Measure(f"{state}.{label}", "share", 2, state, _of_state(state), _pooled(place))


def _of_state(state: State) -> Each:
    def each(m: Moment) -> list[float] | None:
        scores = m.said.scores
        if m.state != state or not scores.keys() >= set(EMOTIONS):
            return None
        return [m.said.weight, *(m.said.weight * np.log(max(scores[k], _LEAST)) for k in EMOTIONS)]

    return each


def _pooled(place: int) -> Of:
    def of(sums: Sums) -> NDArray[np.float64]:
        logs = sums[..., 1:] / sums[..., :1]
        odds = np.exp(logs - logs.max(axis=-1, keepdims=True))
        return np.asarray(odds[..., place] / odds.sum(axis=-1))

    return of


def _ratio(sums: Sums) -> NDArray[np.float64]:
    return np.asarray(sums[..., 0] / sums[..., 1])


def _axes() -> Iterator[Measure]:
    def axis(name: str) -> Each:
        def each(m: Moment) -> list[float] | None:
            value: float | None = getattr(m.said, name)
            return None if value is None or m.state == "silent" else [m.said.weight * value, m.said.weight]

        return each

    yield Measure("valence", "axis", 2, "speaking", axis("valence"), _ratio, watched=True)
    yield Measure("arousal", "axis", 2, "speaking", axis("arousal"), _ratio, watched=True)


def _curves() -> Iterator[Measure]:
    for modality in ("face", "voice"):
        seen: Modality = "face" if modality == "face" else "voice"
        yield Measure(f"{modality}_range", "share", 2, modality, _histogram(seen), _spread, watched=True)
        yield Measure(f"{modality}_variability", "per_second", 3, modality, _changes(seen), _ratio)
        yield Measure(f"{modality}_flat", "share", 2, modality, _flat(seen), _ratio, watched=True)


def _shown(m: Moment, modality: Modality) -> NDArray[np.float64] | None:
    """What a curve gives to everything but neutral, (T,); ``None`` without a curve."""
    curve = m.said.curves.get(modality)
    labels = list(m.said.scores)
    if curve is None or not len(curve) or "neutral" not in labels:
        return None
    return 1.0 - curve.scores[:, labels.index("neutral")].astype(np.float64)


def _histogram(modality: Modality) -> Each:
    def each(m: Moment) -> list[float] | None:
        shown = _shown(m, modality)
        return None if shown is None else np.histogram(shown, _BINS, (0.0, 1.0))[0].astype(float).tolist()

    return each


def _spread(sums: Sums) -> NDArray[np.float64]:
    """From the 10th to the 90th percentile of what a histogram counts."""
    shares = np.cumsum(sums, axis=-1) / sums.sum(axis=-1, keepdims=True)
    low, high = ((shares < q).sum(axis=-1) for q in (0.1, 0.9))
    return np.asarray((high - low) / _BINS, np.float64)


def _changes(modality: Modality) -> Each:
    def each(m: Moment) -> list[float] | None:
        curve = m.said.curves.get(modality)
        if curve is None or len(curve) < 2:
            return None
        steps = np.abs(np.diff(curve.scores.astype(np.float64), axis=0)).sum(axis=1) / 2
        return [float(steps.sum()), float(curve.times[-1] - curve.times[0])]

    return each


def _flat(modality: Modality) -> Each:
    def each(m: Moment) -> list[float] | None:
        shown = _shown(m, modality)
        return None if shown is None else [float((shown < FLAT).sum()), float(len(shown))]

    return each


def _speech() -> Iterator[Measure]:
    def rate(m: Moment) -> list[float] | None:
        return None if m.counts is None else [m.counts.words, m.said.span.duration / 60]

    def paused(m: Moment) -> list[float] | None:
        return None if m.counts is None else [sum(m.pauses), m.said.span.duration + _before(m)]

    def pauses(m: Moment) -> list[float] | None:
        return None if m.counts is None else [len(m.pauses), (m.said.span.duration + _before(m)) / 60]

    def first(m: Moment) -> list[float] | None:
        return None if m.counts is None else [m.counts.first_person, m.counts.words]

    def fillers(m: Moment) -> list[float] | None:
        return None if m.counts is None else [100 * m.counts.fillers, m.counts.words]

    yield Measure("speech_rate", "per_minute", 0, "text", rate, _ratio, watched=True)
    yield Measure("pause_share", "share", 2, "text", paused, _ratio, watched=True)
    yield Measure("pause_rate", "per_minute", 1, "text", pauses, _ratio)
    yield Measure("first_person", "share", 3, "text", first, _ratio)
    yield Measure("fillers", "per_hundred", 1, "text", fillers, _ratio)


def _before(m: Moment) -> float:
    """The pause before a moment, which is no part of its span."""
    return sum(m.pauses) - sum(m.note.pauses)


def _turns() -> Iterator[Measure]:
    def latency(m: Moment) -> list[float] | None:
        return None if m.latency is None else [m.latency, 1.0]

    def interruptions(m: Moment) -> list[float] | None:
        return None if m.latency is None else [float(m.interrupts), 1.0]

    yield Measure("turn_latency", "seconds", 2, "speaking", latency, _ratio)
    yield Measure("interruptions", "share", 2, "speaking", interruptions, _ratio)


def _sound() -> Iterator[Measure]:
    def pitch(m: Moment) -> tuple[float, ...] | None:
        return m.note.voiced.pitch if m.note.voiced is not None and m.state == "speaking" else None

    def level(m: Moment) -> tuple[float, ...] | None:
        return m.note.voiced.level if m.note.voiced is not None and m.state == "speaking" else None

    yield Measure("pitch_variability", "semitones", 1, "voice", pitch, _deviation, watched=True)
    yield Measure("loudness_variability", "decibels", 1, "voice", level, _deviation)


def _deviation(sums: Sums) -> NDArray[np.float64]:
    """The standard deviation, of number, sum and sum of squares."""
    n, first, second = sums[..., 0], sums[..., 1], sums[..., 2]
    return np.sqrt(np.maximum(second / n - (first / n) ** 2, 0.0))


def _faces(m: Moment) -> tuple[float, float] | None:
    return m.note.facing


FACING = Measure("facing", "share", 2, "face", _faces, _ratio)
"""Share of the pictures of a known head that face the camera."""
