"""Where the seven emotions lie on valence and arousal."""

from __future__ import annotations

from collections.abc import Mapping

POSITIONS: dict[str, tuple[float, float]] = {
    "neutral": (0.0, 0.0),
    "happy": (0.81, 0.51),
    "sad": (-0.63, -0.27),
    "angry": (-0.51, 0.59),
    "fearful": (-0.64, 0.60),
    "disgusted": (-0.60, 0.35),
    "surprised": (0.40, 0.67),
}
"""(valence, arousal), each from -1 to 1: mean ratings of the emotion terms in Russell and Mehrabian 1977, "Evidence for
a three-factor theory of emotions", Journal of Research in Personality 11 (pleasure and arousal; neutral is the origin)."""


def expected(
    scores: Mapping[str, float], positions: Mapping[str, tuple[float, float]]
) -> tuple[float, float] | tuple[None, None]:
    """Mean valence and arousal under the probabilities of the labels; ``None`` where one has no position, or there are none."""
    if not scores or not scores.keys() <= positions.keys():
        return None, None
    valence = sum(p * positions[label][0] for label, p in scores.items())
    arousal = sum(p * positions[label][1] for label, p in scores.items())
    return valence, arousal
