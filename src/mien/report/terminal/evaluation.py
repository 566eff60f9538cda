"""Shows an evaluation in the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table

from mien.evaluation.report import EvaluationReport, Groups, Reliability
from mien.report.grid import Grid
from mien.report.studies import grids
from mien.report.studies.numbers import share
from mien.report.terminal.tables import of_grid, spaced

_HOW = "docs/trust.md says how to read it"


def render(found: EvaluationReport) -> RenderableType:
    """What a Rich console shows: results, missing modalities, calibration and groups, if they were asked for."""
    parts = [*_results(found), *_missing(found)]
    for rows in grids.by_set(found.reliability):
        parts += reliability(rows)
    parts += groups(found.groups) if found.groups is not None else ()
    parts += [of_grid(grid, title) for title, grid in grids.llm(found.llm)] if found.llm is not None else []
    return spaced(parts)


def _results(found: EvaluationReport) -> Iterator[Table]:
    for title, grid in grids.results(found.rows):
        yield of_grid(grid, title)


def _missing(found: EvaluationReport) -> Iterator[Table]:
    """Tables with a row for each cell, because eight rates side by side are wider than a terminal."""
    for name, task, cells in grids.by_about(found.cells):
        head = ("given", "missing rate", "n", cells[0].metric, "commonest answer")
        rows = tuple((c.subset, f"{c.rate:g}", f"{c.n:,}", f"{c.value:.3f}", share(c.collapse)) for c in cells)
        yield of_grid(Grid(head, rows), f"with modalities missing, {name}: {task}")


def reliability(rows: list[Reliability]) -> Iterator[Table]:
    """Two tables of one set and task: one about the probabilities, and one about decisions by them."""
    about = f"{rows[0].set}: {rows[0].task}"
    yield of_grid(grids.reliability(rows, grids.PROBABILITIES), f"calibration of {about}", _HOW)
    yield of_grid(grids.reliability(rows, grids.DECISIONS), f"label sets and abstention, {about}")


def groups(found: Groups) -> Iterator[Table]:
    """A table of the groups, then a table of the gaps between them if there are any."""
    few = any(row.value is None for row in found.groups)
    yield of_grid(grids.narrow_groups(found), f"groups by {found.column}", grids.FEW if few else _HOW)
    gaps = grids.gaps(found)
    if gaps.rows:
        yield of_grid(gaps, "gaps between groups")
