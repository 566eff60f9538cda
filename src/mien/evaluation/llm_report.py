"""What an evaluation says about a language model, beside the metrics of its answers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from mien.evaluation.open_vocabulary import OpenScores
from mien.llms.opinion.nouns import Cost


@dataclass(frozen=True)
class LlmEvaluation:
    """How often a language model answered, and what it cost.

    Attributes:
        model, place: its name, and where it runs.
        clips, answered: clips that it was asked about, and those with a valid answer.
        cost: of all questions.
        open: scores of its free words; ``None`` where they were not asked for.
        truth: what they were compared with: "words" (the column of that name) or "label"; "" without free words.
    """

    model: str
    place: str
    clips: int
    answered: int
    cost: Cost
    open: OpenScores | None = None
    truth: str = ""

    def as_table(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)
