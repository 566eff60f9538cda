"""Writes comparisons as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from mien.evaluation.boards import Board, Outcome
from mien.evaluation.missing import Cell
from mien.report.grid import Grid
from mien.report.studies import grids


def table(grid: Grid) -> str:
    """A Markdown table. Pipes in cells are escaped."""
    lines = [grid.head, ("---",) * len(grid.head), *grid.rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def comparison(boards: Sequence[Board], outcomes: Sequence[Outcome], seeds: int, notes: Sequence[str]) -> str:
    """All tables of a comparison.

    Args:
        boards: one for each test set and task.
        outcomes: the systems; those that were evaluated with modalities missing get a table of these results.
        seeds: with how many seeds each was trained.
        notes: what else a reader must know.
    """
    return "\n\n".join([*(board(b, seeds) for b in boards), *subsets(outcomes), *notes]) + "\n"


def board(found: Board, seeds: int) -> str:
    """One comparison: a table by its metric, then a table of all metrics."""
    resampled = found.lines[0].row.resampled
    note = (
        f"Mean ± standard deviation over {seeds} seeds; bootstrap over {resampled}, 95 %; "
        "p against the first system by the paired bootstrap on the same examples, adjusted after Holm."
    )
    main, others = table(grids.board(found)), table(grids.metrics(found))
    return "\n\n".join([f"### {found.set}: {found.task}", main, note, "All metrics:", others])


def subsets(outcomes: Sequence[Outcome]) -> list[str]:
    """A table for each system that was evaluated with modalities missing."""
    return [_subsets(o.entrant.label, o.cells) for o in outcomes if o.cells]


def _subsets(label: str, cells: Sequence[Cell]) -> str:
    parts = []
    for name, task, mine in grids.by_about(cells):
        by = mine[0].metric + (" (in brackets: share of the commonest answer)" if mine[0].collapse is not None else "")
        parts.append(f"#### {label} with modalities missing, {name}: {task}\n\n{by}\n\n{table(grids.missing(mine))}")
    return "\n\n".join(parts)
