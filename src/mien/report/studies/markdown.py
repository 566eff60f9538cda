"""Comparisons as Markdown tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mien.evaluation.missing import Cell
from mien.evaluation.results import Result
from mien.study.compare import Board, Line

HEAD = (
    "system",
    "{metric}",
    "95 % interval",
    "against the first",
    "p",
    "n",
    "majority",
    "learned",
    "parameters",
    "time",
)


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table; pipes in cells are escaped."""
    lines = [list(head), *map(list, rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def board(found: Board, seeds: int) -> str:
    """One comparison: the metric it is by, then all others."""
    head = [name.format(metric=f"{found.metric}{' (lower is better)' if found.lower else ''}") for name in HEAD]
    main = table(head, [cells(line) for line in found.lines])
    others, *rows = metrics_table(found)
    resampled = found.lines[0].row.resampled
    note = (
        f"Mean ± standard deviation over {seeds} seeds; bootstrap over {resampled}, 95 %; "
        "p against the first system by the paired bootstrap on the same examples, adjusted after Holm."
    )
    return "\n\n".join([f"### {found.set}: {found.task}", main, note, "All metrics:", table(others, rows)])


def cells(line: Line) -> list[str]:
    """What the table says of one system."""
    row, cost = line.row, line.outcome.cost
    against = line.against
    return [
        line.outcome.entrant.label,
        value(row),
        interval(row.interval),
        "" if against is None else f"{against.value:+.3f} {interval((against.low, against.high))}",
        "" if line.adjusted is None else probability(line.adjusted),
        str(row.n),
        majority(row),
        f"{cost.learned:,}",
        f"{cost.parameters:,}",
        duration(cost.seconds),
    ]


def metrics_table(found: Board) -> list[list[str]]:
    """Head and rows: every metric of every system."""
    by_name = [{r.metric: r for r in [line.row, *line.others]} for line in found.lines]
    names = list(dict.fromkeys(name for mine in by_name for name in mine))
    return [["system", *names]] + [
        [line.outcome.entrant.label, *(value(mine[name]) if name in mine else "" for name in names)]
        for line, mine in zip(found.lines, by_name, strict=True)
    ]


def value(row: Result) -> str:
    """Mean, and deviation where there are several seeds."""
    return f"{row.value:.3f}" + ("" if row.std is None else f" ± {row.std:.3f}")


def majority(row: Result) -> str:
    """What the commonest answer alone would reach; "" for metrics without one."""
    return "" if row.majority is None else f"{row.majority:.3f}"


def interval(bounds: Sequence[float] | None) -> str:
    """[low, high], or nothing."""
    return "" if bounds is None else f"[{bounds[0]:.3f}, {bounds[1]:.3f}]"


def probability(p: float) -> str:
    """A p-value as people read it."""
    return "< 0.01" if p < 0.01 else f"{p:.2f}"


def duration(seconds: float) -> str:
    """A time in a fitting unit."""
    if seconds < 100:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def subsets(label: str, cells: Sequence[Cell]) -> str:
    """One system with modalities missing: a table for each set and task."""
    parts = []
    for about in dict.fromkeys((c.set, c.task) for c in cells):
        mine = [c for c in cells if (c.set, c.task) == about]
        head, *rows = grid(mine)
        by = mine[0].metric + (" (in brackets: share of the commonest answer)" if mine[0].collapse is not None else "")
        parts.append(f"#### {label} with modalities missing, {about[0]}: {about[1]}\n\n{by}\n\n{table(head, rows)}")
    return "\n\n".join(parts)


def grid(cells: Sequence[Cell]) -> list[list[str]]:
    """Head and rows: a row for each subset, a column for each rate."""
    rates = sorted({c.rate for c in cells})
    found = {(c.subset, c.rate): c for c in cells}
    rows = [["given; missing rate", "n", *(f"{rate:g}" for rate in rates)]]
    for subset in dict.fromkeys(c.subset for c in cells):
        there = [found.get((subset, rate)) for rate in rates]
        rows.append([subset, str(next(c.n for c in there if c)), *("" if c is None else _cell(c) for c in there)])
    return rows


def _cell(cell: Cell) -> str:
    return f"{cell.value:.3f}" + ("" if cell.collapse is None else f" ({share(cell.collapse)})")


def share(number: float | None) -> str:
    """A share, or nothing."""
    return "" if number is None else f"{number:.2f}"
