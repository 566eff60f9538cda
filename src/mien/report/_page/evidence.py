"""What inside an input spoke for an answer: the place in the report for explanations."""

from __future__ import annotations

from dataclasses import dataclass

from mien.types import Span


@dataclass(frozen=True)
class Evidence:
    """Attributions of one segment to its inputs; what was not explained is empty.

    Weights lie in [-1, 1]: above zero spoke for ``label``, below zero against it.

    Attributes:
        label: the label that is explained.
        words: (word, weight) in the order they were said.
        voice: (stretch of the clip's clock, weight).
        face: rows of weights over the aligned crop, from its top to its bottom; all rows of one length.
        picture: that crop as JPEG; ``None`` shows the map without the face.

    Raises:
        ValueError: if a weight is out of bounds or the rows of ``face`` differ in length.
    """

    label: str
    words: tuple[tuple[str, float], ...] = ()
    voice: tuple[tuple[Span, float], ...] = ()
    face: tuple[tuple[float, ...], ...] = ()
    picture: bytes | None = None

    def __post_init__(self) -> None:
        weights = [w for _, w in self.words] + [w for _, w in self.voice] + [w for row in self.face for w in row]
        if not all(-1.0 <= w <= 1.0 for w in weights):
            raise ValueError("weights of evidence lie from -1 to 1")
        if len({len(row) for row in self.face}) > 1:
            raise ValueError("the rows of a face map have one length")
