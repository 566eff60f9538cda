"""Compare recipes on the same examples, with the same seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from mien.bundle.results import Result
from mien.evaluation.boards import Board, Line, Outcome
from mien.evaluation.predictions import Evaluation, Predictions, aligned
from mien.evaluation.results import MAIN, each, metrics_for, results
from mien.metrics.base import NamedMetric, metrics_of, named, right
from mien.metrics.statistics import intervals
from mien.metrics.statistics.intervals import Difference


def boards(outcomes: Sequence[Outcome], metric: str | None = None) -> list[Board]:
    """Compare systems on every test set and task: one board for each.

    Args:
        outcomes: the systems; the others are tested against the first.
        metric: the metric that systems are compared by; ``None`` for the usual metric of each task.

    Raises:
        InputError: no task has such a metric.
    """
    rows = [results(outcome.runs) for outcome in outcomes]
    tasks = {p.about: p.task for o in outcomes for p in o.runs[0].test}
    fitting = {about: metrics_of(task) for about, task in tasks.items()}
    if metric is not None:
        named(metric, tasks.values())
    found = []
    for about, task in tasks.items():
        name = metric if metric in fitting[about] else MAIN[task.kind]
        found.append(_board(outcomes, rows, about, fitting[about][name]))
    return [board for board in found if board.lines]


def _board(
    outcomes: Sequence[Outcome], rows: Sequence[Sequence[Result]], about: tuple[str, str], by: NamedMetric
) -> Board:
    lines: list[Line] = []
    first: list[_Evaluated] = []
    for outcome, mine in zip(outcomes, rows, strict=True):
        here = [r for r in mine if (r.set, r.task) == about]
        if not here or not _learned(outcome, about[1]):
            continue
        parts = [_evaluated(run, about, by.name) for run in outcome.runs]
        against = _against(first, parts) if first else None
        first = first or parts
        main = next(r for r in here if r.metric == by.name)
        others = [r for r in here if r is not main]
        lines.append(Line(outcome, main, others, against, None, _mcnemar(first, parts)))
    return Board(*about, by.name, by.lower, tuple(_adjusted(lines)))


def _learned(outcome: Outcome, task: str) -> bool:
    """Whether the system learned the task. The head of a task learns nothing where the weight of its loss is 0."""
    loss = outcome.entrant.recipe.losses.get(task)
    return loss is None or loss.weight > 0


class _Evaluated(NamedTuple):
    part: Predictions
    metric: NamedMetric


def _evaluated(run: Evaluation, about: tuple[str, str], name: str) -> _Evaluated:
    part = next(p for p in run.test if p.about == about)
    return _Evaluated(part, metrics_for(part, run)[name])


def _against(first: Sequence[_Evaluated], parts: Sequence[_Evaluated]) -> Difference | None:
    both = aligned([m.part for m in (*first, *parts)])
    if not len(both[0]):
        return None
    sums = each(both, [m.metric for m in (*first, *parts)])
    return intervals.difference(first[0].metric.of, sums[: len(first)], sums[len(first) :], both[0].groups)


def _mcnemar(first: Sequence[_Evaluated], parts: Sequence[_Evaluated]) -> list[float]:
    """The p-value of McNemar's test for each seed. Empty for the first system, and for tasks that are not single-label."""
    if first is parts or first[0].part.task.kind != "single":
        return []
    found = []
    for one, other in zip(first, parts, strict=False):
        a, b = aligned([one.part, other.part])
        found.append(intervals.mcnemar(right(a.scores, a.targets), right(b.scores, b.targets)))
    return found


def _adjusted(lines: Sequence[Line]) -> list[Line]:
    tested = [line.against.p for line in lines if line.against is not None]
    adjusted = iter(intervals.holm(tested))
    return [line if line.against is None else replace(line, adjusted=next(adjusted)) for line in lines]
