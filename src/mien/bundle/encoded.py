"""What the graph of an encoder gives for some segments: numbers that a fusion joins."""

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
    """The tracks of one modality of B segments, encoded.

    Attributes:
        states: float32 (B, T, D).
        mask: bool (B, T), true where there is data; all false for a segment that lacks the modality.
        quality: float32 (B, Q), see ``Track``.
        times: float32 (B, T) in seconds.
        measures: {name: (B,)} what the encoder measured of the inputs, see ``Encoder.measures``.
    """

    states: Float32
    mask: NDArray[np.bool_]
    quality: Float32
    times: Float32
    measures: Mapping[str, Float32] = field(default_factory=dict)

    @classmethod
    def absent(cls, size: int, dim: int, quality: int) -> Self:
        """Of ``size`` segments that lack the modality: one masked step of D = ``dim``, and Q = ``quality``."""
        states, rows = np.zeros((size, 1, dim), np.float32), np.zeros((size, 1), np.float32)
        return cls(states, np.zeros((size, 1), bool), np.zeros((size, quality), np.float32), rows)

    @classmethod
    def stacked(cls, parts: Sequence[Self]) -> Self:
        """One under the other, padded to the longest."""
        longest = max(p.mask.shape[1] for p in parts)

        def rows(name: str) -> NDArray[Any]:
            values = [getattr(p, name) for p in parts]
            return np.concatenate([np.pad(v, _after(v.ndim, longest - v.shape[1])) for v in values])

        measures = {k: np.concatenate([p.measures[k] for p in parts]) for k in parts[0].measures}
        quality = np.concatenate([p.quality for p in parts])
        return cls(rows("states"), rows("mask"), quality, rows("times"), measures)

    def rows(self, chosen: NDArray[np.int64]) -> Self:
        """Some rows, in this order; one may come several times."""
        measures = {name: values[chosen] for name, values in self.measures.items()}
        return type(self)(self.states[chosen], self.mask[chosen], self.quality[chosen], self.times[chosen], measures)

    def scattered(self, rows: Sequence[int], size: int) -> Self:
        """As the given rows of ``size`` segments; the other segments lack the modality."""

        def whole(values: NDArray[Any]) -> NDArray[Any]:
            found = np.zeros((size, *values.shape[1:]), values.dtype)
            found[list(rows)] = values
            return found

        measures = {name: whole(values) for name, values in self.measures.items()}
        return type(self)(whole(self.states), whole(self.mask), whole(self.quality), whole(self.times), measures)


def measures_of(encoded: Mapping[Modality, EncodedTracks]) -> Measures:
    """What was measured of the inputs: {modality: {name: (B,)}}."""
    return {m: part.measures for m, part in encoded.items()}


def _after(dimensions: int, steps: int) -> list[tuple[int, int]]:
    """Padding for ``np.pad``: so many steps at the end of the second axis."""
    return [(0, 0), (0, steps), *[(0, 0)] * (dimensions - 2)]
