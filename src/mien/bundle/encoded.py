"""The states that the graph of an encoder gives for some segments, as a fusion takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from mien.trust.calibration import Measures
from mien.types import Float32, Modality


@dataclass(frozen=True)
class EncodedTracks:
    """The encoded tracks of one modality for B segments.

    Attributes:
        states: float32 (B, T, D).
        mask: bool (B, T), true where there is data; all false for a segment without the modality.
        quality: float32 (B, Q), see ``Track``.
        times: float32 (B, T) in seconds.
        measures: {name: float32 (B,)}: what the encoder measured in the inputs, see ``Encoder.measures``.
    """

    states: Float32
    mask: NDArray[np.bool_]
    quality: Float32
    times: Float32
    measures: Mapping[str, Float32] = field(default_factory=dict)

    @classmethod
    def absent(cls, size: int, dim: int, quality: int) -> Self:
        """The states of ``size`` segments without the modality: one masked step, with D = ``dim`` and Q = ``quality``."""
        states, rows = np.zeros((size, 1, dim), np.float32), np.zeros((size, 1), np.float32)
        return cls(states, np.zeros((size, 1), bool), np.zeros((size, quality), np.float32), rows)

    @classmethod
    def stacked(cls, parts: Sequence[Self]) -> Self:
        """Joins parts along B. All are padded to the longest."""
        longest = max(p.mask.shape[1] for p in parts)

        def rows(name: str) -> NDArray[Any]:
            values = [getattr(p, name) for p in parts]
            return np.concatenate([np.pad(v, _after(v.ndim, longest - v.shape[1])) for v in values])

        measures = {k: np.concatenate([p.measures[k] for p in parts]) for k in parts[0].measures}
        quality = np.concatenate([p.quality for p in parts])
        return cls(rows("states"), rows("mask"), quality, rows("times"), measures)

    def rows(self, chosen: NDArray[np.int64]) -> Self:
        """The chosen rows in this order. A row may come several times."""
        measures = {name: values[chosen] for name, values in self.measures.items()}
        return type(self)(self.states[chosen], self.mask[chosen], self.quality[chosen], self.times[chosen], measures)

    def scattered(self, rows: Sequence[int], size: int) -> Self:
        """The same states as rows ``rows`` of ``size`` segments. The other segments lack the modality."""

        def whole(values: NDArray[Any]) -> NDArray[Any]:
            found = np.zeros((size, *values.shape[1:]), values.dtype)
            found[list(rows)] = values
            return found

        measures = {name: whole(values) for name, values in self.measures.items()}
        return type(self)(whole(self.states), whole(self.mask), whole(self.quality), whole(self.times), measures)


def measures_of(encoded: Mapping[Modality, EncodedTracks]) -> Measures:
    """What was measured in the inputs: {modality: {name: float32 (B,)}}."""
    return {m: part.measures for m, part in encoded.items()}


def _after(dimensions: int, steps: int) -> list[tuple[int, int]]:
    """The argument of ``np.pad`` that adds ``steps`` at the end of the second axis."""
    return [(0, 0), (0, steps), *[(0, 0)] * (dimensions - 2)]
