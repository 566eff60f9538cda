"""Inputs unlike those a model learned from: what gives them away, and how much less sure the answer then is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mien.types import Modality

REASONS: Mapping[str, str] = {
    "low_confidence": "no label is probable enough",
    "short_speech": "there is hardly any voice",
    "noise": "the sound is mostly noise",
    "small_face": "the face is very small",
    "blurred_face": "the face is blurred",
    "other_language": "the words are in a language the model cannot read",
    "no_face": "no face is in view",
}
"""Why an answer is less sure, by name. ``low_confidence`` is the bundle's own doubt, ``no_face`` is seen by ``pipeline``, and
so is ``other_language`` where words are left out; all others are signs that guards look for."""


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
        """Read an entry of ``guards`` in ``bundle.json``; what is told there of how it was fitted is for the card."""
        return cls(**{k: v for k, v in table.items() if k != "fitted"})

    def fires(self, values: ArrayLike) -> NDArray[np.bool_]:
        """Whether values of the measure show it, each."""
        found = np.asarray(values)
        return (found < self.below) | (found > self.above)

    def alarmed(self, measures: Mapping[str, float]) -> bool:
        """Whether the measures show it; a measure that is not there shows nothing."""
        value = measures.get(self.measure)
        return value is not None and bool(self.fires(value))


def alarms(
    guards: Iterable[Guard], measures: Mapping[Modality, Mapping[str, float]]
) -> dict[Modality, tuple[Guard, ...]]:
    """The guards that the measures of each modality set off."""
    known = tuple(guards)
    return {m: tuple(g for g in known if g.modality == m and g.alarmed(values)) for m, values in measures.items()}


def temperature(alarmed: Mapping[Modality, Iterable[Guard]], shares: Mapping[Modality, float]) -> float:
    """What the alarms make of an answer: the product over guards, each counted by the share of its modality."""
    return math.exp(sum(shares[m] * math.log(g.temperature) for m, found in alarmed.items() for g in found))
