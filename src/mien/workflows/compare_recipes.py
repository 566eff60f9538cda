"""Recipes compared from start to end: trained, asked about the same examples, and written down."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mien.evaluation.comparison import Board, Outcome
from mien.report.studies import markdown
from mien.runtime.cache import write_atomic
from mien.runtime.extras import has_report
from mien.study.compare import boards
from mien.study.comparison import Plan, outcomes


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
        return markdown.comparison(self.boards, self.outcomes, len(self.plan.seeds), self.notes)

    @property
    def page(self) -> str:
        """All tables and charts as one page of HTML.

        Raises:
            ImportError: if the extra ``report`` is not installed; see ``extras.needs_report``.
        """
        from mien.report.studies.comparison import comparison_page

        plan = self.plan
        counts = {"system": len(plan.entrants), "seed": len(plan.seeds), "training": plan.trainings}
        facts = [f"{n} {name}{'' if n == 1 else 's'}" for name, n in counts.items()]
        facts += ["all folds, pooled"] if plan.folds else []
        return comparison_page(self.boards, self.outcomes, len(plan.seeds), facts, self.notes)

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
        """Plain values, for JSON (``mien.comparison/1``)."""
        return {
            "schema": "mien.comparison/1",
            "seeds": list(self.plan.seeds),
            "folds": self.plan.folds,
            "notes": self.notes,
            "systems": [outcome.as_table() for outcome in self.outcomes],
            "boards": [board.as_table() for board in self.boards],
        }


def run(plan: Plan, root: Path, runs: Path, follow: Callable[[str], None] = lambda label: None) -> Comparison:
    """Train what is not finished, compare, and write the tables to ``runs/compare-<hash>``.

    Args:
        plan: see ``Plan``.
        root: folder of the data sets.
        runs: folder of all runs.
        follow: told what is trained next.
    """
    trained = outcomes(plan, root, runs, follow)
    found = Comparison(plan, tuple(boards(trained, plan.metric)), trained, runs / plan.name)
    found.folder.mkdir(parents=True, exist_ok=True)
    write_atomic(found.folder / "comparison.md", found.markdown)
    write_atomic(found.folder / "comparison.json", json.dumps(found.as_table(), indent=1, ensure_ascii=False) + "\n")
    if has_report():
        write_atomic(found.folder / "comparison.html", found.page)
    return found
