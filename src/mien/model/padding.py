"""Tracks of unequal length as one array, for the model and its graphs alike. NumPy only: analysis needs it without torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.types import Float32, Track


class Padded(NamedTuple):
    """The tracks of one modality of B segments, as long as the longest of them.

    Attributes:
        values: (B, T, ...), of the dtype of the tracks; zeros at the end of shorter ones.
        mask: bool (B, T), true where there is data.
        times: float32 (B, T) seconds; padding repeats the last one, and is 0 for a segment without a track.
    """

    values: NDArray[Any]
    mask: NDArray[np.bool_]
    times: Float32


def padded(tracks: Sequence[Track | None]) -> Padded:
    """Pad tracks with zeros.

    Args:
        tracks: at least one of them is a track; ``None`` stands for a segment that lacks the modality.
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
