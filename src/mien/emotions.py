"""The vocabulary of emotions: the seven labels, their other names, their valence and arousal, and means of probabilities.

This module imports nothing of mien, so that every noun can use it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

EMOTIONS = ("neutral", "happy", "sad", "angry", "fearful", "disgusted", "surprised")
"""The default label set: the seven expressed emotions of the field."""

SYNONYMS: Mapping[str, str] = {
    "neutrality": "neutral",
    "neu": "neutral",
    "happiness": "happy",
    "joy": "happy",
    "joyful": "happy",
    "hap": "happy",
    "sadness": "sad",
    "anger": "angry",
    "ang": "angry",
    "fear": "fearful",
    "fea": "fearful",
    "disgust": "disgusted",
    "dis": "disgusted",
    "surprise": "surprised",
    "sur": "surprised",
}
"""{another name in lower case: the label}. Published data sets and manifests use these names; no other name is guessed."""

POSITIONS: Mapping[str, tuple[float, float]] = {
    "neutral": (0.0, 0.0),
    "happy": (0.81, 0.51),
    "sad": (-0.63, -0.27),
    "angry": (-0.51, 0.59),
    "fearful": (-0.64, 0.60),
    "disgusted": (-0.60, 0.35),
    "surprised": (0.40, 0.67),
}
"""{label: (valence, arousal)}, each from -1 to 1. The values are mean ratings of the emotion terms in Russell and Mehrabian
1977, "Evidence for a three-factor theory of emotions", Journal of Research in Personality 11 (pleasure and arousal). Neutral is
the origin."""

_LEAST = 1e-4  # a probability counts as this at least, so that one moment cannot rule a label out


def canonical(value: str, labels: Sequence[str]) -> str | None:
    """The label that a value of a manifest means.

    Args:
        value: the value in the file.
        labels: the labels of the task.

    Returns:
        The value itself, the label that differs from it in case only, or the label that it is a synonym of. ``None`` where
        it is none of these.
    """
    if value in labels:
        return value
    name = value.strip().casefold()
    folded = {label.casefold(): label for label in labels}
    return folded.get(name) or folded.get(SYNONYMS.get(name, ""))


def expected(
    scores: Mapping[str, float], positions: Mapping[str, tuple[float, float]]
) -> tuple[float, float] | tuple[None, None]:
    """Mean valence and arousal under the probabilities of the labels.

    ``None`` for both where a label has no position, or where there are no labels.
    """
    if not scores or not scores.keys() <= positions.keys():
        return None, None
    valence = sum(p * positions[label][0] for label, p in scores.items())
    arousal = sum(p * positions[label][1] for label, p in scores.items())
    return valence, arousal


def pooled(weighted: Sequence[tuple[float, Mapping[str, float]]]) -> dict[str, float]:
    """The weighted geometric mean of probabilities by label: the mean of their evidence; empty where there are none.

    So a few clear moments count more than many in which every label is about as likely (a logarithmic opinion pool, Genest and
    Zidek 1986).
    """
    total = sum(weight for weight, _ in weighted)
    labels = weighted[0][1] if weighted else ()
    return normalised({k: sum(w * log_of(scores.get(k, 0.0)) for w, scores in weighted) / total for k in labels})


def log_of(probability: float) -> float:
    """The log of a probability, which counts as ``_LEAST`` at least."""
    return math.log(max(probability, _LEAST))


def normalised(logs: Mapping[str, float]) -> dict[str, float]:
    """Probabilities from their logs, up to a constant."""
    odds = {label: math.exp(log) for label, log in logs.items()}
    total = sum(odds.values())
    return {label: odd / total for label, odd in odds.items()}
