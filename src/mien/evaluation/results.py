"""Results from predictions: a row for each test set, task and metric, with its interval and the majority baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mien.bundle.results import Result
from mien.evaluation.predictions import Evaluation, Predictions, aligned
from mien.metrics.base import Counts, NamedMetric, Sums, confusion, metrics_of
from mien.metrics.multilabel_f1 import best_thresholds, multilabel_f1
from mien.metrics.statistics import intervals
from mien.types import TaskKind

MAIN: Mapping[TaskKind, str] = {"single": "macro_f1", "multi": "multilabel_f1", "score": "mae"}
"""The usual metric of each kind of task. Systems are compared by it where no metric is given."""


@dataclass(frozen=True)
class LabelResult:
    """How well one label of a task is recognised; ``n`` is the number of examples that have it."""

    label: str
    f1: float
    recall: float
    precision: float
    n: int


def results(runs: Sequence[Evaluation]) -> list[Result]:
    """One row for each test set, task and metric, over the runs (seeds) of one recipe.

    Thresholds of the multi-label F1 are chosen on the validation split of the same data set. A metric that is NaN has no row.
    """
    rows = []
    for about in dict.fromkeys(p.about for run in runs for p in run.test):
        parts = aligned([next(p for p in run.test if p.about == about) for run in runs])
        chosen = [metrics_for(part, run) for part, run in zip(parts, runs, strict=True)]
        rows += [_row(parts, [m[name] for m in chosen]) for name in chosen[0]]
    return [row for row in rows if not np.isnan(row.value)]


def each(parts: Sequence[Predictions], metrics: Sequence[NamedMetric]) -> list[Sums]:
    """What each example of each run adds to the sums of the metric, (N, P) for each run."""
    return [m.each(p.scores, p.targets) for p, m in zip(parts, metrics, strict=True)]


def per_label(part: Predictions) -> list[LabelResult]:
    """One row for each label that occurs, for a single-label task."""
    counts = Counts(confusion(part.scores, part.targets).sum(axis=0))
    found = []
    for k, label in enumerate(part.task.labels):
        if counts.truths[k]:
            f1, recall, precision = (round(float(c[k]), 4) for c in (counts.f1, counts.recall, counts.precision))
            found.append(LabelResult(label, f1, recall, precision, int(counts.truths[k])))
    return found


def metrics_for(part: Predictions, run: Evaluation) -> dict[str, NamedMetric]:
    """The metrics of the task, by name.

    Where examples have several labels and there are validation data, the multi-label F1 uses thresholds from these.
    """
    found = metrics_of(part.task)
    valid = next((v for v in run.valid if v.about == part.about), None)
    several = part.task.kind == "multi" or bool(((part.targets > 0).sum(axis=1) > 1).any())
    if several and part.task.kind != "score" and valid is not None:
        thresholds = best_thresholds(valid.scores, valid.targets)
        found["multilabel_f1"] = NamedMetric("multilabel_f1", multilabel_f1, thresholds)
    return found


def _row(parts: Sequence[Predictions], metrics: Sequence[NamedMetric]) -> Result:
    first, metric = parts[0], metrics[0]
    with np.errstate(invalid="ignore", divide="ignore"):
        values = [m(p.scores, p.targets) for p, m in zip(parts, metrics, strict=True)]
    interval = intervals.interval(metric.of, each(parts, metrics), first.groups)
    return Result(
        first.set,
        first.split,
        first.modality,
        first.task.name,
        metric.name,
        value=round(float(np.mean(values)), 4),
        std=round(float(np.std(values, ddof=1)), 4) if len(values) > 1 else None,
        seeds=len(values),
        n=len(first),
        majority=majority(first, metric),
        interval=None if interval is None else (round(interval[0], 4), round(interval[1], 4)),
        resampled=intervals.unit(first.groups),
    )


def majority(part: Predictions, metric: NamedMetric) -> float | None:
    """The metric for always giving the most frequent label, or the median score; ``None`` where that says nothing."""
    if not metric.constant:
        return None
    if part.task.kind == "score":
        common = np.full_like(part.targets, np.median(part.targets))
    else:
        share = part.targets.mean(axis=0)
        common = np.tile(share >= share.max(), (len(part), 1)).astype(np.float32)
    value = metric(common, part.targets)
    return None if np.isnan(value) else round(value, 4)
