"""The labels of a clip as its annotators' votes give them. Models of annotators stand elsewhere; this is the plain count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from mien.collection.rows import Vote


@dataclass(frozen=True)
class Truth:
    """What the votes on one clip say together.

    Attributes:
        label: with the most votes; "" where two have equally many, or nobody gave one.
        votes: {label: votes}; each annotator gives one vote in all, divided by weights.
        valence, arousal: means; ``None`` when nobody gave a number.
        annotators: how many voted, those who could not tell included.
    """

    label: str
    votes: Mapping[str, float]
    valence: float | None
    arousal: float | None
    annotators: int


def truths(votes: Iterable[Vote]) -> dict[str, Truth]:
    """{id of a clip: its truth}. The latest vote of each annotator counts; votes on repeats and gold clips do not."""
    latest: dict[str, dict[str, Vote]] = defaultdict(dict)
    for vote in votes:
        if vote.purpose == "vote" and vote.undone is None:
            latest[vote.clip][vote.annotator] = vote
    return {clip: _truth(list(by.values())) for clip, by in latest.items()}


def _truth(votes: list[Vote]) -> Truth:
    amounts: dict[str, float] = defaultdict(float)
    for vote in votes:
        total = sum(vote.labels.values())
        for label, weight in vote.labels.items():
            amounts[label] += weight / total
    most = max(amounts.values(), default=0.0)
    first = [label for label, amount in amounts.items() if amount > most - 1e-9]
    valence = [v.valence for v in votes if v.valence is not None]
    arousal = [v.arousal for v in votes if v.arousal is not None]
    return Truth(first[0] if len(first) == 1 else "", dict(amounts), _mean(valence), _mean(arousal), len(votes))


def _mean(values: list[float]) -> float | None:
    return float(np.mean(values)) if values else None
