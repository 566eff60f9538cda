"""Tracks of different lengths as one array, for the model and for its graphs. NumPy only, since analysis runs without torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.types import Float32, Track


class Padded(NamedTuple):
    """The tracks of one modality of B segments, padded to the longest of them.

    Attributes:
        values: (B, T, ...), with the dtype of the tracks; padding is 0.
        mask: bool (B, T), true where there is data.
        times: float32 (B, T) seconds; padding repeats the last time, and is 0 for a segment without a track.
    """

    values: NDArray[Any]
    mask: NDArray[np.bool_]
    times: Float32


def padded(tracks: Sequence[Track | None]) -> Padded:
    """Pad tracks with zeros.

    Args:
        tracks: one for each segment, ``None`` where the segment lacks the modality. At least one must be a track.
    """
    there = [t for t in tracks if t is not None]
    longest = max(len(t) for t in there)
    values = np.zeros((len(tracks), longest, *there[0].values.shape[1:]), there[0].values.dtype)
    mask = np.zeros((len(tracks), longest), bool)
    times = np.zeros((len(tracks), longest), np.float32)
    for i, track in enumerate(tracks):
        if track is not None:
            size = len(track)
            values[i, :size], mask[i, :size] = track.values, True
            times[i, :size], times[i, size:] = track.times, track.times[-1]
    return Padded(values, mask, times)
