"""The result of a comparison, with its tables as text, as a page, and as data for other programs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mien.errors import InputError
from mien.evaluation.boards import Board, Outcome
from mien.evaluation.written import Written
from mien.report.studies import markdown
from mien.runtime.cache import write_atomic
from mien.runtime.extras import needs_report
from mien.study.plan import Plan


@dataclass(frozen=True)
class Comparison(Written):
    """The result of a plan.

    Attributes:
        plan: what was compared.
        boards: the results of all systems, one board for each test set and task.
        outcomes: the systems with their predictions.
        folder: the folder with ``comparison.md``, ``.json`` and, with the extra ``report``, ``.html``.
    """

    plan: Plan
    boards: tuple[Board, ...]
    outcomes: tuple[Outcome, ...]
    folder: Path

    @property
    def markdown(self) -> str:
        """All tables as Markdown."""
        return markdown.comparison(self.boards, self.outcomes, len(self.plan.seeds), self.notes)

    @property
    def notes(self) -> list[str]:
        """What else a reader must know."""
        stale = sum(o.stale for o in self.outcomes)
        if not stale:
            return []
        return [
            f"{stale} of {self.plan.trainings} trainings were made by other code than this; --fresh makes them again."
        ]

    def to_dict(self) -> dict[str, Any]:
        """Plain values in the form ``mien.comparison/1``."""
        return {
            "schema": "mien.comparison/1",
            "seeds": list(self.plan.seeds),
            "folds": self.plan.folds,
            "notes": self.notes,
            "systems": [outcome.as_table() for outcome in self.outcomes],
            "boards": [board.as_table() for board in self.boards],
        }

    def as_rows(self) -> list[dict[str, Any]]:
        """One row for each system, test set, task and metric."""
        return [row for board in self.boards for line in board.lines for row in line.as_rows()]

    def to_html(self, lang: str = "en") -> str:
        """All tables and charts as one page that loads no other file, in English or Chinese ("zh").

        Raises:
            InputError: the extra ``report`` is not installed.
        """
        needs_report()
        from mien.report.language import Language
        from mien.report.studies.comparison import comparison_page

        plan = self.plan
        say = Language(lang)
        counts = {"system": len(plan.entrants), "seed": len(plan.seeds), "training": plan.trainings}
        facts = [say(f"study.n_{name}", n=n) for name, n in counts.items()]
        facts += [say("study.folds")] if plan.folds else []
        return comparison_page(self.boards, self.outcomes, len(plan.seeds), facts, self.notes, say)

    def save(self, path: str | Path, lang: str = "en") -> None:
        """Writes a file in the format of its suffix: .md, .json, .csv or .html; ``lang`` is the language of .html.

        Raises:
            InputError: the suffix is another one, or the extra ``report`` is missing for .html.
        """
        file = Path(path)
        forms: dict[str, Callable[[], str]] = {
            ".md": lambda: self.markdown,
            ".json": self.to_json,
            ".csv": self.to_csv,
            ".html": lambda: self.to_html(lang),
        }
        form = forms.get(file.suffix.lower())
        if form is None:
            raise InputError(f"a comparison is saved as {', '.join(forms)}; '{file.name}' ends in none of these")
        write_atomic(file, form())

    def _repr_markdown_(self) -> str:
        """The tables for a notebook."""
        return self.markdown
