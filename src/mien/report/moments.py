"""A moment of an archive as a row of its tables."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Moment:
    """A segment of a clip.

    Attributes:
        source: name of the clip in the results.
        start, end: seconds.
        who: the person; ``None`` where unknown.
        text: the words; "" without any.
        label: the most probable label, with its ``probability``.
        uncertain: see ``Prediction``.
    """

    source: str
    start: float
    end: float
    who: str | None
    text: str
    label: str
    probability: float
    uncertain: bool
