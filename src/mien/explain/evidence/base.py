"""What an explainer is: it splits one input into parts, removes some of them, and gives each part a weight."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from mien.explain.question import Question
from mien.explanation import Evidence, Piece
from mien.registry import Family
from mien.types import Float32, Modality, Segment

Bools = NDArray[np.bool_]


class Weighed(NamedTuple):
    """The weights of N parts.

    Attributes:
        weights: float32 (N,).
        total: the value that the weights should sum to; ``None`` when their sum has no meaning.
    """

    weights: Float32
    total: float | None = None

    @classmethod
    def gathered(cls, values: Float32, at: NDArray[np.int64], count: int, total: float) -> Self:
        """Sums values over parts.

        Args:
            values: float32 (K,).
            at: the part of each value, int64 (K,).
            count: how many parts there are.
            total: see the class.
        """
        return cls(np.bincount(at, values, count).astype(np.float32), total)


class Explainer(ABC):
    """Explains one modality. The base class weighs parts by occlusion; a subclass may use another method.

    Attributes:
        modality: the input that it explains.
        needs_run: whether it needs the trained model in torch, which lies beside a bundle that ``mien train`` made.
    """

    modality: Modality
    needs_run: bool = False

    @abstractmethod
    def pieces(self, segment: Segment) -> tuple[Piece, ...]:
        """The N parts of this segment's input, without weights; empty when the segment lacks the input."""

    @abstractmethod
    def without(self, segment: Segment, gone: Bools) -> Segment | None:
        """The segment without some parts; ``None`` when nothing of the input is left.

        Args:
            segment: the whole segment.
            gone: bool (N,), true for each part that is removed.
        """

    def picture(self, segment: Segment) -> bytes | None:
        """The picture, as PNG, in which the boxes of the parts lie; ``None`` when the parts have no boxes."""
        return None

    def weigh(self, question: Question, segment: Segment, pieces: Sequence[Piece]) -> Weighed:
        """The weight of each part: its effect on the label's probability.

        The weight is the mean of two effects: the loss when only this part is removed, and the gain when only this part is
        there. This is occlusion (Zeiler and Fergus 2014, arXiv 1311.2901) at the two ends of the orders over which Shapley
        values average. The encoder runs on 2 N + 2 inputs.

        Args:
            question: asks the bundle about the label.
            segment: the whole segment.
            pieces: its N parts.
        """
        alone = np.eye(len(pieces), dtype=bool)
        rows = [np.zeros(len(pieces), bool), np.ones(len(pieces), bool), *alone, *~alone]
        values = question.ask(self.modality, [self.without(segment, row) for row in rows])
        whole, nothing, (less, more) = values[0], values[1], np.split(values[2:], 2)
        return Weighed(np.asarray(((whole - less) + (more - nothing)) / 2, np.float32))

    def explain(self, question: Question) -> Evidence | None:
        """The evidence in the segment of the question; ``None`` when the bundle did not use this modality there."""
        segment = question.moment.segment
        pieces = self.pieces(segment) if self.modality in question.moment.tracks else ()
        if not pieces:
            return None
        weights, total = self.weigh(question, segment, pieces)
        weighed = tuple(replace(p, weight=float(w)) for p, w in zip(pieces, weights, strict=True))
        name = type(self).__module__.rpartition(".")[2]
        return Evidence(self.modality, name, weighed, self.picture(segment), total)


explainers: Family[Explainer] = Family("explainers", "mien.explain.evidence")
