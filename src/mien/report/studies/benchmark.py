"""Writes a benchmark as Markdown: mien's systems and published figures in one table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mien.evaluation.boards import Board, Line
from mien.report.grid import Grid
from mien.report.studies.markdown import table
from mien.report.studies.numbers import duration, interval, majority, probability, value

if TYPE_CHECKING:
    from mien.study.bench import Bench, Published

_HEAD = ("system", "95 % interval", "p", "n", "majority", "learned", "time", "source")


def benchmark(bench: Bench, boards: Sequence[Board], more: Sequence[str]) -> str:
    """The text of the document: the protocol, a table for each task, and which system is best.

    Args:
        bench: the benchmark.
        boards: the results of its systems.
        more: further paragraphs.
    """
    parts = [f"### {bench.title}", f"    mien bench {bench.name}", bench.protocol]
    first = boards[0].task if boards else ""
    for board in boards:
        published = [p for p in bench.published if (p.task or first) == board.task]
        parts += [f"**{board.set}, {board.task}**" if len(boards) > 1 else "", table(_grid(board, published))]
        parts.append(_ahead(board, published))
    resampled = boards[0].lines[0].row.resampled if boards else ""
    parts.append(
        f"Mean ± standard deviation over {bench.seeds} seeds; 95 % interval by a bootstrap over {resampled}; p of a difference "
        "to the first row by the paired bootstrap, adjusted after Holm; time: training, on the machine that wrote this."
    )
    return "\n\n".join(p for p in [*parts, *more] if p)


def _grid(board: Board, published: Sequence[Published]) -> Grid:
    metric = board.metric + (" (lower is better)" if board.lower else "")
    rows = [*map(_ours, board.lines), *map(_theirs, published)]
    return Grid((_HEAD[0], metric, *_HEAD[1:]), tuple(rows))


def _ours(line: Line) -> tuple[str, ...]:
    row, cost = line.row, line.outcome.cost
    p = "" if line.adjusted is None else probability(line.adjusted)
    figures = (value(row), interval(row.interval), p, f"{row.n:,}", majority(row))
    return (line.label, *figures, f"{cost.learned:,}", duration(cost.seconds), "here")


def _theirs(known: Published) -> tuple[str, ...]:
    source = known.source + (f" ({known.note})" if known.note else "")
    return (known.label, f"{known.value:.3f}", *[""] * 6, source)


def _ahead(board: Board, published: Sequence[Published]) -> str:
    """A sentence on how far mien's best system is from the best published figure; "" when none is published."""
    if not published:
        return ""
    best = (min if board.lower else max)(published, key=lambda p: p.value)
    mine = board.best
    gap = (mine.row.value - best.value) * (-1 if board.lower else 1)
    says = "ahead of" if gap > 0 else "behind"
    return (
        f"Best here: {mine.label}, {value(mine.row)}, {abs(gap):.3f} {says} the best published "
        f"({best.label}, {best.value:.3f})."
    )
