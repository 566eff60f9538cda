"""Inputs unlike those a model learned from: what gives them away, and how much less sure the answer then is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from mien.types import Modality

REASONS: Mapping[str, str] = {
    "low_confidence": "no label is probable enough",
    "short_speech": "there is hardly any voice",
    "noise": "the sound is mostly noise",
    "not_speech": "the sound is not like speech",
    "few_words": "there are one or two words only",
    "small_face": "the face is very small",
    "blurred_face": "the face is blurred",
    "text_unlike_training": "the words are unlike those the model learned from",
    "voice_unlike_training": "the voice is unlike those the model learned from",
    "face_unlike_training": "the face is unlike those the model learned from",
    "other_language": "the words are in a language the model cannot read",
    "no_face": "no face is in view",
}
"""Why an answer is less sure, by name. The last two are seen by ``pipeline``, all others by a bundle."""


@dataclass(frozen=True)
class Guard:
    """One sign of an unusual input.

    Attributes:
        reason: a name in ``REASONS``.
        modality: whose input it is about.
        measure: which of the modality's measures shows it (a quality, or one of the bundle's).
        below, above: the measure is unusual outside of these bounds.
        temperature: what it makes of that modality's confidence, above 1.
    """

    reason: str
    modality: Modality
    measure: str
    below: float = -math.inf
    above: float = math.inf
    temperature: float = 1.0

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> Self:
        """Read an entry of ``guards`` in ``bundle.json``."""
        return cls(**table)

    def alarmed(self, measures: Mapping[str, float]) -> bool:
        """Whether the measures show it; a measure that is not there shows nothing."""
        value = measures.get(self.measure)
        return value is not None and not self.below <= value <= self.above


def alarms(
    guards: Iterable[Guard], measures: Mapping[Modality, Mapping[str, float]]
) -> dict[Modality, tuple[Guard, ...]]:
    """The guards that the measures of each modality set off."""
    known = tuple(guards)
    return {m: tuple(g for g in known if g.modality == m and g.alarmed(values)) for m, values in measures.items()}


def temperature(alarmed: Mapping[Modality, Iterable[Guard]], shares: Mapping[Modality, float]) -> float:
    """What the alarms make of an answer: the product over guards, each counted by the share of its modality."""
    return math.exp(sum(shares[m] * math.log(g.temperature) for m, found in alarmed.items() for g in found))
