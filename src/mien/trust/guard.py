"""Poor inputs: what gives them away, and how much less sure the answer then is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mien.trust.calibration import Measures
from mien.types import Float32, Modality

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
    """One sign of a poor input.

    Attributes:
        reason: a name in ``REASONS``.
        modality: whose input it is about.
        measure: which of the modality's measures shows it (a quality, or one of the bundle's).
        below, above: the measure is unusual outside of these bounds.
        temperature: what it makes of that modality's confidence, at least 1; 1 where too little was known to fit one.
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

    def alarmed(self, measures: Measures) -> NDArray[np.bool_]:
        """Which of N inputs show it, bool (N,); () where the measure was not taken, which shows nothing."""
        return self.fires(measures.get(self.modality, {}).get(self.measure, np.nan))


def temperature(guards: Iterable[Guard], measures: Measures, shares: Mapping[Modality, Float32]) -> Float32:
    """What the guards make of answers, (N,): the product over those that go off, each counted by the share of its modality.

    Args:
        guards: of the bundle.
        measures: of the inputs, with an entry for each modality present.
        shares: (N,) of each modality present, from 0 to 1.
    """
    size = len(next(iter(shares.values())))
    logs = np.zeros(size, np.float32)
    for guard in guards:
        if guard.modality in shares:
            logs += np.where(guard.alarmed(measures), shares[guard.modality] * math.log(guard.temperature), 0.0)
    return np.exp(logs)
