"""A whole comparison: train everybody, compare, write it down."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mien.errors import InputError
from mien.metrics.base import named
from mien.report.studies.markdown import board as as_markdown
from mien.report.studies.markdown import subsets as subsets_as_markdown
from mien.runtime.cache import content_key, write_atomic
from mien.runtime.extras import has_report
from mien.study.compare import Board, Line, boards
from mien.study.trial import Entrant, Follow, Outcome, judged_runs, steps


@dataclass(frozen=True)
class Plan:
    """What is compared with what.

    Attributes:
        entrants: recipes; the others are tested against the first.
        seeds: each is trained with all of them.
        folds: all folds of the data, their test predictions pooled, instead of the one the recipe names.
        metric: compare by this one; ``None`` for the usual one of each task.
        subsets: measure missing modalities too.
        fresh: train again what is finished.

    Raises:
        InputError: no seed, or a metric that no task has.
    """

    entrants: tuple[Entrant, ...]
    seeds: tuple[int, ...]
    folds: bool = False
    metric: str | None = None
    subsets: bool = False
    fresh: bool = False

    def __post_init__(self) -> None:
        if not self.seeds:
            raise InputError("a comparison needs at least one seed")
        if self.metric is not None:
            named(self.metric, [task for entrant in self.entrants for task in entrant.recipe.tasks])

    @property
    def trainings(self) -> int:
        """How many there are."""
        return sum(1 for entrant in self.entrants for _ in steps(entrant, self.seeds, self.folds))

    @property
    def name(self) -> str:
        """Of its folder: the same plan, the same name."""
        recipes = [(e.label, e.recipe.as_table()) for e in self.entrants]
        return f"compare-{content_key([recipes, self.seeds, self.folds, self.metric, self.subsets])[:10]}"


@dataclass(frozen=True)
class Comparison:
    """What came of a plan, and the folder with ``comparison.md``, ``.json`` and, with the extra ``report``, ``.html``."""

    plan: Plan
    boards: tuple[Board, ...]
    outcomes: tuple[Outcome, ...]
    folder: Path

    @property
    def markdown(self) -> str:
        """All tables."""
        parts = [as_markdown(board, len(self.plan.seeds)) for board in self.boards]
        return "\n\n".join([*parts, *self.missing, *self.notes]) + "\n"

    @property
    def missing(self) -> list[str]:
        """Tables of what is left when modalities are missing, where that was measured."""
        return [subsets_as_markdown(o.entrant.label, o.cells) for o in self.outcomes if o.cells]

    @property
    def notes(self) -> list[str]:
        """What a reader must know besides."""
        stale = sum(o.stale for o in self.outcomes)
        if not stale:
            return []
        return [
            f"{stale} of {self.plan.trainings} trainings were made by other code than this; --fresh makes them again."
        ]

    def as_table(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "schema": "mien.comparison/1",
            "seeds": list(self.plan.seeds),
            "folds": self.plan.folds,
            "notes": self.notes,
            "systems": [_system(o) for o in self.outcomes],
            "boards": [_board(b) for b in self.boards],
        }


def run(plan: Plan, root: Path, runs: Path, follow: Follow = lambda label: None) -> Comparison:
    """Train what is not finished, compare, and write the tables to ``runs/compare-<hash>``.

    Args:
        plan: see ``Plan``.
        root: folder of the data sets.
        runs: folder of all runs.
        follow: told what is trained next.
    """
    outcomes = tuple(
        judged_runs(e, plan.seeds, root, runs, plan.folds, plan.fresh, plan.subsets, follow) for e in plan.entrants
    )
    found = Comparison(plan, tuple(boards(outcomes, plan.metric)), outcomes, runs / plan.name)
    found.folder.mkdir(parents=True, exist_ok=True)
    write_atomic(found.folder / "comparison.md", found.markdown)
    write_atomic(found.folder / "comparison.json", json.dumps(found.as_table(), indent=1, ensure_ascii=False) + "\n")
    if has_report():
        from mien.report.studies.comparison import comparison_page

        write_atomic(found.folder / "comparison.html", comparison_page(found))
    return found


def _system(outcome: Outcome) -> dict[str, Any]:
    cost = outcome.cost
    return {
        "label": outcome.entrant.label,
        "recipe": outcome.entrant.recipe.as_table(),
        "learned": cost.learned,
        "parameters": cost.parameters,
        "seconds": round(cost.seconds, 2),
        "subsets": [cell.as_table() for cell in outcome.cells],
    }


def _board(board: Board) -> dict[str, Any]:
    return {"set": board.set, "task": board.task, "metric": board.metric, "lines": [_line(x) for x in board.lines]}


def _line(line: Line) -> dict[str, Any]:
    return {
        "label": line.outcome.entrant.label,
        "results": [row.as_table() for row in (line.row, *line.others)],
        "against_first": None if line.against is None else {**line.against._asdict(), "adjusted_p": line.adjusted},
        "mcnemar": list(line.mcnemar),
    }
