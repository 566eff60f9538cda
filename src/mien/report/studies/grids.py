"""The tables of studies. Markdown, pages and the terminal all show the same tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from mien.bundle.results import Result
from mien.evaluation.boards import Board, Line
from mien.evaluation.groups import FEWEST_EXAMPLES, FEWEST_PEOPLE, METRICS
from mien.evaluation.llm_report import LlmAgreement, LlmEvaluation, Share
from mien.evaluation.missing import Cell
from mien.evaluation.report import GroupGap, GroupResult, Groups, Reliability
from mien.report.grid import Grid
from mien.report.language import Language
from mien.report.studies.numbers import duration, interval, majority, probability, share, value

ENGLISH = Language("en")
"""The language of the tables that are not translated: Markdown and the terminal."""

FEW = f"too few: fewer than {FEWEST_PEOPLE} speakers, or than {FEWEST_EXAMPLES} examples"
"""Why a group has no figures."""

PROBABILITIES = ("ece", "floor", "debiased", "brier", "aurc")
"""Columns about the probabilities themselves."""

DECISIONS = ("covered", "answered", "risk")
"""Columns about decisions by the probabilities."""


def board(found: Board, say: Language = ENGLISH) -> Grid:
    """One comparison by its metric, with a row for each system."""
    metric = say("study.lower", metric=found.metric) if found.lower else found.metric
    before = (say("study.head_system"), metric, say("study.head_interval"), say("study.head_against"), "p", "n")
    after = (say(f"study.head_{name}") for name in ("majority", "learned", "parameters", "time"))
    return Grid((*before, *after), tuple(map(_system, found.lines)))


def _system(line: Line) -> tuple[str, ...]:
    row, cost, against = line.row, line.outcome.cost, line.against
    return (
        line.label,
        value(row),
        interval(row.interval),
        "" if against is None else f"{against.value:+.3f} {interval((against.low, against.high))}",
        "" if line.adjusted is None else probability(line.adjusted),
        str(row.n),
        majority(row),
        f"{cost.learned:,}",
        f"{cost.parameters:,}",
        duration(cost.seconds),
    )


def metrics(found: Board, say: Language = ENGLISH) -> Grid:
    """Every metric of every system."""
    by_name = [{r.metric: r for r in [line.row, *line.others]} for line in found.lines]
    names = list(dict.fromkeys(name for mine in by_name for name in mine))
    rows = (
        (line.label, *(value(mine[name]) if name in mine else "" for name in names))
        for line, mine in zip(found.lines, by_name, strict=True)
    )
    return Grid((say("study.head_system"), *names), tuple(rows))


def results(rows: Sequence[Result]) -> Iterator[tuple[str, Grid]]:
    """A title and a grid of metrics for each set, task and combination of modalities."""
    for one, same in groupby(rows, key=lambda r: (r.set, r.task, r.modality, r.n)):
        cells = tuple((r.metric, value(r), interval(r.interval), majority(r)) for r in same)
        title = f"{one[0]}: {one[1]} from {one[2]}, n = {one[3]:,}"
        yield title, Grid(("metric", "value", "95 % interval", "majority"), cells)


def missing(cells: Sequence[Cell], say: Language = ENGLISH) -> Grid:
    """The cells of one set and task: a row for each subset of the modalities, and a column for each missing rate."""
    rates = sorted({c.rate for c in cells})
    found = {(c.subset, c.rate): c for c in cells}
    rows = []
    for subset in dict.fromkeys(c.subset for c in cells):
        there = [found.get((subset, rate)) for rate in rates]
        rows.append((subset, str(next(c.n for c in there if c)), *("" if c is None else _cell(c) for c in there)))
    return Grid((say("study.head_given"), "n", *(f"{rate:g}" for rate in rates)), tuple(rows))


def _cell(cell: Cell) -> str:
    return f"{cell.value:.3f}" + ("" if cell.collapse is None else f" ({share(cell.collapse)})")


def by_about(cells: Sequence[Cell]) -> Iterator[tuple[str, str, list[Cell]]]:
    """For each set and task: their names and their cells."""
    for name, task in dict.fromkeys((c.set, c.task) for c in cells):
        yield name, task, [c for c in cells if (c.set, c.task) == (name, task)]


def by_set(rows: Sequence[Reliability]) -> list[list[Reliability]]:
    """The rows, grouped by set and task."""
    found: dict[tuple[str, str], list[Reliability]] = {}
    for row in rows:
        found.setdefault((row.set, row.task), []).append(row)
    return list(found.values())


def reliability(rows: Sequence[Reliability], columns: Sequence[str] = (*PROBABILITIES, *DECISIONS)) -> Grid:
    """A table with a row for each subset of the modalities."""
    lines = ((row.modality, f"{row.figures.n:,}", *(_figure(row, name) for name in columns)) for row in rows)
    return Grid(("modalities", "n", *columns), tuple(lines))


def _figure(row: Reliability, column: str) -> str:
    """A figure as text; "" when label sets were not fitted, and for the risk when nothing was answered."""
    figure: float | None = getattr(row.figures, column)
    known = figure is not None and (column != "risk" or row.figures.answered)
    return f"{figure:.3f}" if known else ""


def groups(found: Groups) -> Grid:
    """A table with a row for each group and a column for each metric."""
    names = ("too sure" if name == "overconfidence" else name for name in METRICS)
    together: dict[tuple[str, str, str], list[GroupResult]] = {}
    for row in found.groups:
        together.setdefault((row.set, row.task, row.group), []).append(row)
    lines = ((*_people(mine[0]), *map(_measured, mine)) for mine in together.values())
    return Grid(("set", found.column, "n", "speakers", *names), tuple(lines), words=2)


def narrow_groups(found: Groups) -> Grid:
    """The same as ``groups`` for a narrow page, with a row for each metric of a group."""
    rows = []
    for row in found.groups:
        name, group, n, people = _people(row)
        rows.append((name, group, row.metric, n, people, _measured(row)))
    return Grid(("set", found.column, "measure", "n", "speakers", "value, 95 % interval"), tuple(rows), words=3)


def _people(row: GroupResult) -> tuple[str, str, str, str]:
    return row.set, row.group, f"{row.n:,}", "not named" if row.people is None else str(row.people)


def _measured(row: GroupResult) -> str:
    return "too few" if row.value is None else f"{row.value:.3f} [{row.low:.2f}, {row.high:.2f}]"


def gaps(found: Groups) -> Grid:
    """A table with a row for each gap between two groups."""
    return Grid(("set", "gap", "measure", "value", "p (Holm)"), tuple(map(_gap, found.gaps)), words=3)


def _gap(gap: GroupGap) -> tuple[str, ...]:
    p = "same people" if gap.p_holm is None else probability(gap.p_holm)
    return (gap.set, f"{gap.one} - {gap.other}", gap.metric, f"{gap.value:+.3f}", p)


def llm(found: LlmEvaluation) -> Iterator[tuple[str, Grid]]:
    """A title and a grid of what a language model did, and of its free words where it was asked for them."""
    cost = found.cost
    rows = {
        "clips": f"{found.clips:,}",
        "with a valid answer": f"{found.answered:,}",
        "questions (known from before)": f"{cost.asked:,} ({cost.cached:,})",
        "valid at the second try": f"{cost.repaired:,}",
        "not valid, no answer": f"{cost.invalid:,}, {cost.failed:,}",
        "tokens read, written": f"{cost.read:,}, {cost.written:,}",
        "time of all questions": duration(cost.seconds),
    }
    yield f"language model {found.model} at {found.place}", Grid(("", "value"), tuple(rows.items()))
    words = found.open
    if words is not None:
        each = {**words.wheels, "mean of the wheels": words.mean}
        cells = tuple((name, f"{s.precision:.3f}", f"{s.recall:.3f}", f"{s.f1:.3f}") for name, s in each.items())
        known = f"{words.known:,} of {words.words:,} words known"
        hits = "" if words.hit_rate is None else f"; hit rate {words.hit_rate:.3f}"
        yield f"free words against {found.truth}, {known}{hits}", Grid(("wheel", "precision", "recall", "F1"), cells)
    if found.agreement:
        runs = tuple(_agreement(a) for a in found.agreement)
        head = ("runs with other", "runs", "clips", "same label, 95 % interval", "same words, 95 % interval")
        yield "agreement of its answers to the same clips", Grid(head, runs)


def _agreement(found: LlmAgreement) -> tuple[str, ...]:
    return found.over, str(found.runs), f"{found.n:,}", _agreed(found.labels), _agreed(found.words)


def _agreed(share: Share | None) -> str:
    return "" if share is None else f"{share.value:.3f} {interval(share.interval)}"
