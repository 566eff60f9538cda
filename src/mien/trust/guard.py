"""Guards: how poor inputs are recognised, and how much less sure an answer then is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mien.recipe import strict
from mien.trust.calibration import Measures
from mien.types import Float32, Modality

REASONS = (
    "low_confidence",
    "short_speech",
    "noise",
    "small_face",
    "blurred_face",
    "other_language",
    "no_face",
    "llm_no_answer",
)
"""Codes of why an answer is less sure; ``report/catalogues`` has the words. ``low_confidence`` means that the most probable
label is below the bundle's threshold. ``pipeline`` gives ``no_face``, and ``other_language`` where words were left out;
``explain.with_llm`` gives ``llm_no_answer``. All other reasons come from guards."""


@dataclass(frozen=True, kw_only=True)
class GuardFit:
    """How the temperature of a guard was fitted, for the card.

    Attributes:
        degraded_by: how validation examples were degraded, "kind:level"; in JSON the key is ``spoilt_by``.
        n: number of degraded examples that trigger the guard.
        nll_before, nll: negative log-likelihood of the answers to these examples in nats, without the temperature and with it;
            ``None`` where there are no such examples.
        right: share of these examples that is answered right; ``None`` where there are none.
        clean: number of examples that were not degraded.
        clean_share: share of the clean examples that triggers the guard.
    """

    degraded_by: tuple[str, ...] = field(metadata={"key": "spoilt_by"})
    n: int
    nll_before: float | None = field(default=None, metadata=strict.OPTIONAL)
    nll: float | None = field(default=None, metadata=strict.OPTIONAL)
    right: float | None = field(default=None, metadata=strict.OPTIONAL)
    clean: int
    clean_share: float


@dataclass(frozen=True)
class Guard:
    """One sign of a poor input.

    Attributes:
        reason: one of ``REASONS``.
        modality: whose input it checks.
        measure: name of the measure that shows the sign, see ``Encoder.measures``.
        below, above: a measure below ``below`` or above ``above`` triggers the guard.
        temperature: how much it lowers the modality's confidence, at least 1. It is 1 where there were too few examples to fit
            one.
        fitted: how it was fitted; ``None`` in bundles of older versions.
    """

    reason: str
    modality: Modality
    measure: str
    below: float = -math.inf
    above: float = math.inf
    temperature: float = 1.0
    fitted: GuardFit | None = None

    def as_table(self) -> dict[str, Any]:
        """Plain values. Infinite bounds are left out, because JSON has no such number."""
        bounds = {name: bound for name in ("below", "above") if math.isfinite(bound := getattr(self, name))}
        about = {"reason": self.reason, "modality": self.modality, "measure": self.measure}
        fitted = {} if self.fitted is None else {"fitted": strict.plain(self.fitted)}
        return {**about, **bounds, "temperature": self.temperature, **fitted}

    def outside(self, values: ArrayLike) -> NDArray[np.bool_]:
        """Whether each value of the measure is outside the bounds, in the shape of ``values``. NaN is not outside."""
        found = np.asarray(values)
        return (found < self.below) | (found > self.above)

    def triggered(self, measures: Measures) -> NDArray[np.bool_]:
        """Whether each of N inputs triggers the guard, bool (N,). A single false, shape (), where the measure is missing."""
        return self.outside(measures.get(self.modality, {}).get(self.measure, np.nan))


def temperature(guards: Iterable[Guard], measures: Measures, shares: Mapping[Modality, Float32]) -> Float32:
    """The temperature that the guards give to each answer, (N,).

    It is the product over the triggered guards of their temperatures, each to the power of the share of its modality.

    Args:
        guards: the guards of the bundle.
        measures: of the inputs, with an entry for each modality present.
        shares: (N,) of each modality present, from 0 to 1.
    """
    size = len(next(iter(shares.values())))
    logs = np.zeros(size, np.float32)
    for guard in guards:
        if guard.modality in shares:
            logs += np.where(guard.triggered(measures), shares[guard.modality] * math.log(guard.temperature), 0.0)
    return np.exp(logs)
