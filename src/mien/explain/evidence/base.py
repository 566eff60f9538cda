"""What an explainer is: parts of one input, what the input is without some of them, and what each part weighs."""

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
    """``weights`` float32 (N,) of the parts; ``total``: what they are to sum to, ``None`` where each is its own."""

    weights: Float32
    total: float | None = None

    @classmethod
    def gathered(cls, values: Float32, at: NDArray[np.int64], count: int, total: float) -> Self:
        """Of ``values`` (K,), each of which belongs to the part ``at`` (K,) of ``count``."""
        return cls(np.bincount(at, values, count).astype(np.float32), total)


class Explainer(ABC):
    """Explains one modality. The base class weighs parts by occlusion from both ends; a subclass may know better.

    Attributes:
        modality: which input it takes apart.
        needs_run: whether it asks the trained model in torch, which lies beside the bundles that ``mien train`` made.
    """

    modality: Modality
    needs_run: bool = False

    @abstractmethod
    def pieces(self, segment: Segment) -> tuple[Piece, ...]:
        """The parts of this segment's input, without weights; empty when it has none."""

    @abstractmethod
    def without(self, segment: Segment, gone: Bools) -> Segment | None:
        """The segment without the parts where ``gone`` (N,) is true; ``None`` when nothing of the input is left."""

    def picture(self, segment: Segment) -> bytes | None:
        """PNG of what the boxes of the parts lie on; ``None`` when they have none."""
        return None

    def weigh(self, question: Question, segment: Segment, pieces: Sequence[Piece]) -> Weighed:
        """What each part brings to the label's probability: the mean of what it takes away when it alone goes, and of
        what it brings when it alone is there (occlusion, Zeiler and Fergus 2014, arXiv 1311.2901, from both ends of the
        orders that Shapley values average over). 2 N + 2 runs of the encoder.
        """
        alone = np.eye(len(pieces), dtype=bool)
        rows = [np.zeros(len(pieces), bool), np.ones(len(pieces), bool), *alone, *~alone]
        values = question.ask(self.modality, [self.without(segment, row) for row in rows])
        whole, nothing, (less, more) = values[0], values[1], np.split(values[2:], 2)
        return Weighed(np.asarray(((whole - less) + (more - nothing)) / 2, np.float32))

    def explain(self, question: Question) -> Evidence | None:
        """The evidence in the segment of the question; ``None`` when the bundle read no such input there."""
        segment = question.moment.segment
        pieces = self.pieces(segment) if self.modality in question.moment.tracks else ()
        if not pieces:
            return None
        weights, total = self.weigh(question, segment, pieces)
        weighed = tuple(replace(p, weight=float(w)) for p, w in zip(pieces, weights, strict=True))
        name = type(self).__module__.rpartition(".")[2]
        return Evidence(self.modality, name, weighed, self.picture(segment), total)


explainers: Family[Explainer] = Family("explainers", "mien.explain.evidence")
