"""A comparison as a page: intervals, tables, and what is left when modalities are missing."""

from __future__ import annotations

from collections.abc import Iterator

from mien.report.studies import charts
from mien.report.studies.markdown import HEAD, cells, grid, metrics_table
from mien.report.studies.page import Part, Prose, Section, Table, page
from mien.study.compare import Board
from mien.study.comparison import Comparison


def comparison_page(found: Comparison) -> str:
    """The page.

    Raises:
        ImportError: if the extra ``report`` is not installed; see ``extras.needs_report``.
    """
    plan = found.plan
    counts = {"system": len(plan.entrants), "seed": len(plan.seeds), "training": plan.trainings}
    facts = [f"{n} {name}{'' if n == 1 else 's'}" for name, n in counts.items()]
    sections = [_section(board, number, len(plan.seeds)) for number, board in enumerate(found.boards)]
    sections += _missing(found)
    if found.notes:
        sections.append(Section("Notes", [Prose(note) for note in found.notes]))
    title = " · ".join(entrant.label for entrant in plan.entrants[:4]) + (" · ..." if len(plan.entrants) > 4 else "")
    return page(title, "comparison", facts + (["all folds, pooled"] if plan.folds else []), sections)


def _section(board: Board, number: int, seeds: int) -> Section:
    head = [name.format(metric=board.metric) for name in HEAD]
    others_head, *others = metrics_table(board)
    resampled = board.lines[0].row.resampled
    lead = (
        f"Mean ± standard deviation over {seeds} seeds; intervals: 95 %, bootstrap over {resampled}; p against the first "
        "system by the paired bootstrap on the same examples, adjusted after Holm."
    )
    parts: list[Part] = [
        charts.intervals(board, number),
        Table(head, [cells(line) for line in board.lines]),
        Table(others_head, others),
    ]
    return Section(f"{board.set}: {board.task}", parts, lead)


def _missing(found: Comparison) -> Iterator[Section]:
    """A chart of all systems with everything they can have, then a table for each system."""
    outcomes = [o for o in found.outcomes if o.cells]
    for number, about in enumerate(dict.fromkeys((c.set, c.task) for o in outcomes for c in o.cells)):
        named = []
        parts: list[Part] = []
        for outcome in outcomes:
            mine = [c for c in outcome.cells if (c.set, c.task) == about]
            if mine:
                # The last subset is the largest.
                named.append((outcome.entrant.label, [c for c in mine if c.subset == mine[-1].subset]))
                head, *rows = grid(mine)
                parts += [Prose(outcome.entrant.label), Table(head, rows)]
        chart = charts.rates(named, "With all modalities at rate 0, and ever more of them missing.", number)
        yield Section(f"With modalities missing, {about[0]}: {about[1]}", [chart, *parts])
