"""The result of a comparison: trained systems with their predictions, and a board for each test set and task.

``mien.study`` fills these rows, ``mien.report`` shows them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mien.bundle.results import Result
from mien.evaluation.missing import Cell
from mien.evaluation.predictions import Evaluation
from mien.metrics.statistics.intervals import Difference
from mien.recipe.recipe import Recipe


@dataclass(frozen=True)
class Entrant:
    """A recipe, and its name in tables."""

    label: str
    recipe: Recipe


@dataclass(frozen=True)
class Cost:
    """The cost of a training.

    Attributes:
        learned: number of parameters that learned.
        parameters: number of all parameters.
        seconds: seconds in the training loop, as sum over folds and mean over seeds.
    """

    learned: int
    parameters: int
    seconds: float


@dataclass(frozen=True)
class Outcome:
    """The outcome of an entrant.

    Attributes:
        entrant: the recipe.
        runs: one evaluation for each seed, with the predictions of all folds pooled.
        cost: see ``Cost``.
        stale: how many of its trainings ran with other code than this; ``fresh`` repeats them.
        cells: results with missing modalities; empty where these were not evaluated.
    """

    entrant: Entrant
    runs: tuple[Evaluation, ...]
    cost: Cost
    stale: int
    cells: tuple[Cell, ...] = ()

    def as_table(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "label": self.entrant.label,
            "recipe": self.entrant.recipe.as_table(),
            "learned": self.cost.learned,
            "parameters": self.cost.parameters,
            "seconds": round(self.cost.seconds, 2),
            "subsets": [cell.as_table() for cell in self.cells],
        }


@dataclass(frozen=True)
class Line:
    """One system on one test set and task.

    Attributes:
        outcome: the system.
        row: the result in the metric that systems are compared by; see ``results.results``.
        others: the results in all other metrics.
        against: the paired bootstrap against the first system, over the examples that both have predictions for; ``None`` for
            the first system, or where the two share no example.
        adjusted: p-value of ``against``, corrected for the number of systems that are compared with the first (Holm 1979).
        mcnemar: p-value of McNemar's test for each seed; empty for the first system and for tasks that are not single-label.
    """

    outcome: Outcome
    row: Result
    others: Sequence[Result]
    against: Difference | None
    adjusted: float | None
    mcnemar: Sequence[float]

    @property
    def label(self) -> str:
        """The name of the system."""
        return self.outcome.entrant.label

    def as_rows(self) -> list[dict[str, Any]]:
        """A flat row for each metric, for CSV and pandas. Only the metric of the comparison has a difference and a p-value."""
        against = self.against
        tested = {
            "difference": None if against is None else against.value,
            "difference_low": None if against is None else against.low,
            "difference_high": None if against is None else against.high,
            "p": self.adjusted,
        }
        rows = []
        for row in (self.row, *self.others):
            table = {"system": self.label, **row.as_table()}
            low, high = table.pop("interval") or (None, None)
            rows.append({**table, "low": low, "high": high, **(tested if row is self.row else dict.fromkeys(tested))})
        return rows

    def as_table(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        against = self.against
        return {
            "label": self.label,
            "results": [row.as_table() for row in (self.row, *self.others)],
            "against_first": None if against is None else {**against._asdict(), "adjusted_p": self.adjusted},
            "mcnemar": list(self.mcnemar),
        }


@dataclass(frozen=True)
class Board:
    """All systems on one test set and task, compared by one metric. ``lower`` says whether lower is better."""

    set: str
    task: str
    metric: str
    lower: bool
    lines: tuple[Line, ...]

    @property
    def best(self) -> Line:
        """The line with the best value."""
        return (min if self.lower else max)(self.lines, key=lambda line: line.row.value)

    def as_table(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        lines = [line.as_table() for line in self.lines]
        return {"set": self.set, "task": self.task, "metric": self.metric, "lines": lines}
