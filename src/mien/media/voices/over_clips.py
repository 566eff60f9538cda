"""Says which clips have the same voice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mien.media.voices.pieces import Piece, unit
from mien.media.voices.telling_apart import divide
from mien.types import Float32

_MOSTLY = 0.8  # share of the speech of a clip that its main voice has at least
_ALIKE = 0.65  # mean cosine between the clips of two groups, above which they are one person


def main_voice(spoken: Sequence[Piece]) -> Float32 | None:
    """The voice that has at least four fifths of the speech of a clip, float32 (256,) of length 1.

    ``None`` where several people speak, and without speech.
    """
    if not spoken:
        return None
    voices, seconds = np.stack([p.voice for p in spoken]), np.asarray([p.span.duration for p in spoken])
    groups = divide(voices, seconds)
    shares = np.bincount(groups, seconds) / seconds.sum()
    main = groups == shares.argmax()
    return unit(np.asarray(seconds[main] @ voices[main], np.float32)) if shares.max() >= _MOSTLY else None


def same_voice(voices: Float32) -> NDArray[np.int64]:
    """The group of each clip, int64 (N,), numbered from 0 in order of appearance.

    Clips are joined from the most alike on, as long as the mean cosine between two groups is at least 0.65 (average linkage;
    Sokal and Michener 1958). A person may become several groups, for example one of loud and one of calm clips, and people with
    like voices may become one; docs/analysis.md has the figures.

    Args:
        voices: float32 (N, 256), each of length 1.
    """
    alike = np.asarray(voices @ voices.T, np.float64)
    np.fill_diagonal(alike, -np.inf)
    groups, sizes = np.arange(len(voices)), np.ones(len(voices))
    while alike.size:
        one, other = sorted(np.unravel_index(int(alike.argmax()), alike.shape))
        if alike[one, other] < _ALIKE:
            break
        alike[one] = (sizes[one] * alike[one] + sizes[other] * alike[other]) / (sizes[one] + sizes[other])
        alike[:, one], alike[one, one] = alike[one], -np.inf
        alike[other], alike[:, other] = -np.inf, -np.inf
        groups[groups == other], sizes[one] = one, sizes[one] + sizes[other]
    order = list(dict.fromkeys(groups.tolist()))
    return np.asarray([order.index(g) for g in groups.tolist()], np.int64)
