"""Other names of the seven emotions, as manifests write them. Explicit, never guessed."""

from __future__ import annotations

from collections.abc import Sequence

SYNONYMS = {
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


def canonical(value: str, labels: Sequence[str]) -> str | None:
    """The label of a task that a value of a manifest means: itself, in other case, or a synonym; ``None`` for no label."""
    if value in labels:
        return value
    name = value.strip().casefold()
    folded = {label.casefold(): label for label in labels}
    return folded.get(name) or folded.get(SYNONYMS.get(name, ""))
