"""What a metric is: a function of sums over examples.

Accuracy is a mean. F1 depends only on counts, a correlation on sums of products, and a calibration error on sums within bins.
So every metric can be computed from sums, and a resample of the examples (a bootstrap, see ``statistics``) is a weighted
sum. Thousands of resamples then cost one product of matrices instead of thousands of calls. The tests compare the metrics
with scikit-learn and SciPy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial, update_wrapper
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.errors import InputError, closest
from mien.registry import Family
from mien.types import Float32, Task, TaskKind

Sums = NDArray[np.float64]
"""Sums over examples, (..., P)."""

Of = Callable[[Sums], NDArray[np.float64]]
"""Sums (..., P) to values (...); NaN where a value is not defined."""

Each = Callable[..., Sums]
"""Scores (N, L) and targets (N, L) to what each example adds to the sums, (N, P)."""

Bounds = tuple[float, float] | None


class Metric:
    """A metric, made by ``metric``. Call it with scores (N, L) and targets (N, L) to get one number.

    Attributes:
        of, each: see ``Of`` and ``Each``.
        fits: whether the metric can be used for a task.
        lower: whether lower is better.
        constant: whether a constant answer is a useful baseline.
        variants: {name in results: further arguments of ``each``}. A metric without variants has one, under its own name.
    """

    __name__: str

    def __init__(self, of: Of, each: Each, fits: Callable[[Task], bool], lower: bool, constant: bool) -> None:
        update_wrapper(self, of)
        self.of, self.each, self.fits, self.lower, self.constant = of, each, fits, lower, constant
        self.variants: Mapping[str, tuple[Any, ...]] = {self.__name__: ()}

    def __call__(self, scores: Float32, targets: Float32, *options: Any) -> float:
        """The value of the metric. ``options`` are further arguments of ``each``."""
        return float(self.of(self.each(scores, targets, *options).sum(axis=0)))


def metric(
    each: Each,
    *kinds: TaskKind,
    where: Callable[[Bounds], bool] = lambda bounds: True,
    lower: bool = False,
    constant: bool = True,
    variants: Mapping[str, tuple[Any, ...]] | None = None,
) -> Callable[[Of], Metric]:
    """Make a metric of a function of sums.

    Args:
        each: see ``Each``.
        kinds: the kinds of task that the metric is for.
        where: whether the metric is for a task with these bounds.
        lower, constant, variants: see ``Metric``.
    """

    def decorated(of: Of) -> Metric:
        made = Metric(of, each, lambda task: task.kind in kinds and where(task.bounds), lower, constant)
        made.variants = variants or made.variants
        return made

    return decorated


metrics: Family[float] = Family("metrics", "mien.metrics")


class NamedMetric:
    """A metric with its arguments, under the name that results give it."""

    def __init__(self, name: str, metric: Metric, *options: Any) -> None:
        self.name, self.lower, self.constant, self.of = name, metric.lower, metric.constant, metric.of
        self.each: Callable[[Float32, Float32], Sums] = partial(_given, metric.each, options)

    def __call__(self, scores: Float32, targets: Float32) -> float:
        """The value of the metric for scores (N, L) and targets (N, L)."""
        return float(self.of(self.each(scores, targets).sum(axis=0)))


def _given(each: Each, options: tuple[Any, ...], scores: Float32, targets: Float32) -> Sums:
    return each(scores, targets, *options)


def metrics_of(task: Task) -> dict[str, NamedMetric]:
    """All metrics that fit a task, by name.

    Raises:
        TypeError: a registered part was not made by ``metric``.
    """
    found: dict[str, NamedMetric] = {}
    for name in metrics.names():
        part = metrics.get(name)
        if not isinstance(part, Metric):
            raise TypeError(f"the metric '{name}' must be made with mien.metrics.base.metric")
        if part.fits(task):
            found |= {variant: NamedMetric(variant, part, *options) for variant, options in part.variants.items()}
    return found


def named(name: str, tasks: Iterable[Task]) -> NamedMetric:
    """The metric with this name; where several tasks have one, that of the last of them.

    Raises:
        InputError: no task has such a metric.
    """
    known = {variant: m for task in tasks for variant, m in metrics_of(task).items()}
    if name not in known:
        raise InputError(f"no metric '{name}' for these tasks; {closest(name, known)}")
    return known[name]


def right(scores: Float32, targets: Float32) -> NDArray[np.bool_]:
    """Whether the most probable label is right, bool (N,). Several labels of an example may be equally right."""
    chosen = np.take_along_axis(targets, scores.argmax(axis=1)[:, None], axis=1)[:, 0]
    return np.asarray(chosen >= targets.max(axis=1))


def pairs(truth: NDArray[np.int64], answer: NDArray[np.int64], size: int) -> Sums:
    """What each example adds to a confusion matrix (truth, answer) of ``size`` labels, flattened: (N, size * size)."""
    cells = np.zeros((len(truth), size * size))
    cells[np.arange(len(truth)), truth * size + answer] = 1.0
    return cells


def confusion(scores: Float32, targets: Float32) -> Sums:
    """``pairs`` of the label with the largest target and the most probable label, (N, L * L)."""
    return pairs(targets.argmax(axis=1), scores.argmax(axis=1), scores.shape[1])


class Counts:
    """Counts from a confusion matrix (..., L * L): hits, examples and answers of each label, each (..., L)."""

    def __init__(self, sums: Sums) -> None:
        size = round(sums.shape[-1] ** 0.5)
        matrix = sums.reshape(*sums.shape[:-1], size, size)
        self.hits = matrix.diagonal(axis1=-2, axis2=-1)
        self.truths, self.answers = matrix.sum(axis=-1), matrix.sum(axis=-2)

    @property
    def recall(self) -> Sums:
        """Recall of each label, (..., L); 0 where the label does not occur."""
        return np.asarray(self.hits / np.maximum(self.truths, 1))

    @property
    def precision(self) -> Sums:
        """Precision of each label, (..., L); 0 where the label is never answered."""
        return np.asarray(self.hits / np.maximum(self.answers, 1))

    @property
    def f1(self) -> Sums:
        """F1 of each label, (..., L); 0 where the label occurs neither in targets nor in answers."""
        return np.asarray(2 * self.hits / np.maximum(self.truths + self.answers, 1))

    def mean(self, values: Sums) -> Sums:
        """Mean over the labels that occur."""
        there = self.truths > 0
        return np.asarray((values * there).sum(axis=-1) / there.sum(axis=-1))

    def weighted(self, values: Sums) -> Sums:
        """Mean over labels, weighted by how often they occur."""
        return np.asarray((values * self.truths).sum(axis=-1) / self.truths.sum(axis=-1))


def both_signs(bounds: Bounds) -> bool:
    """Whether scores run from negative to positive, as those of sentiment do."""
    return bounds is not None and bounds[0] < 0 < bounds[1]
