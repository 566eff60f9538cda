"""The states that the graph of an encoder gives for some segments, as a fusion takes them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from mien.model.padding import Padded, padded
from mien.trust.calibration import Measures
from mien.types import Float32, Modality, Track


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


class States:
    """The states of rows that were encoded a moment ago, for who asks about the same pictures again and again.

    It serves encoders whose networks read each row alone (``Encoder.by_row``).

    Args:
        most: rows whose states are kept; of more, those that were asked for longest ago are forgotten.
    """

    def __init__(self, most: int = 512) -> None:
        self._most = most
        self._kept: OrderedDict[tuple[Modality, float, bytes], Float32] = OrderedDict()

    def of(self, modality: Modality, track: Track, encode: Callable[[Padded], Float32]) -> Float32:
        """The states of a track, float32 (1, T, D).

        Args:
            modality: of the track.
            track: T rows.
            encode: gives the states of a batch; it is asked about rows that are not known, all at once.
        """
        keys = [(modality, float(t), row.tobytes()) for t, row in zip(track.times, track.values, strict=True)]
        new = [i for i, key in enumerate(keys) if key not in self._kept]
        if new:
            rows = replace(track, times=track.times[new], values=track.values[new])
            self._kept.update(zip([keys[i] for i in new], encode(padded([rows]))[0], strict=True))
        for key in keys:
            self._kept.move_to_end(key)
        found = np.stack([self._kept[key] for key in keys])[None]
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return found


def measures_of(encoded: Mapping[Modality, EncodedTracks]) -> Measures:
    """What was measured in the inputs: {modality: {name: float32 (B,)}}."""
    return {m: part.measures for m, part in encoded.items()}


def _after(dimensions: int, steps: int) -> list[tuple[int, int]]:
    """The argument of ``np.pad`` that adds ``steps`` at the end of the second axis."""
    return [(0, 0), (0, steps), *[(0, 0)] * (dimensions - 2)]
