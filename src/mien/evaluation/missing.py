"""Evaluates a system with missing modalities: every subset of them, and modalities that are missing at random.

A cell is a subset of the modalities at a rate from 0 to 0.7. In a cell an example first keeps only the modalities of the
subset, and is left out where it has none of them. Then each modality is removed with a probability of the rate, but never the
last one. The same seed removes the same modalities for every system, so that systems can be compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mien.bundle.answer import subsets_of
from mien.evaluation.evaluate import Keep, System, ask, predictions
from mien.evaluation.predictions import Predictions
from mien.evaluation.results import MAIN, majority
from mien.events import Work
from mien.metrics.base import metrics_of
from mien.trust.judgement import subset_name
from mien.types import MODALITIES, Float32, Modality

if TYPE_CHECKING:
    from mien.data.sets import ExampleSet

RATES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
_BATCH = 64


@dataclass(frozen=True)
class Cell:
    """The result of one cell.

    Attributes:
        set, task, metric: name of the test set, the task and the metric; see ``results.MAIN``.
        subset: the modalities of the subset, joined by "+".
        rate: probability with which each modality was removed.
        value: value of the metric, mean over the seeds.
        collapse: share of the most frequent answer among all answers, mean over the seeds; 1 for a model that always gives the
            same label. ``None`` for tasks that are not single-label.
        n: number of examples.
        majority: value of the metric for always giving the most frequent label, or the median; ``None`` where that says
            nothing.
    """

    set: str
    task: str
    metric: str
    subset: str
    rate: float
    value: float
    collapse: float | None
    n: int
    majority: float | None

    def as_table(self) -> dict[str, Any]:
        """Plain values, for JSON and CSV."""
        return asdict(self)


def subsets(modalities: Sequence[Modality]) -> list[tuple[Modality, ...]]:
    """All subsets except the empty one, the smallest first."""
    known = [m for m in MODALITIES if m in modalities]
    return [tuple(m for m in known if m in chosen) for chosen in subsets_of(known)]


def missing(
    system: System, part: ExampleSet, rates: Sequence[float] = RATES, seeds: Sequence[int] = (0, 1, 2)
) -> Work[list[Cell]]:
    """All cells of a data set, for every task of the system.

    Args:
        system: it gives the answers for all cells; a bundle encodes only once.
        part: the test examples.
        rates: probabilities with which a modality is removed; a subset of one modality has only the rate 0.
        seeds: seeds of what is removed; at rate 0 only the first is used.
    """
    here = _present(part)
    cells = [
        (chosen, rate, seed)
        for chosen in subsets(list(here))
        for rate in (rates if len(chosen) > 1 else (0.0,))
        for seed in (seeds if rate else seeds[:1])
    ]
    keeps = [_keep(here, *cell) for cell in cells]
    scores = yield from _ask(system, part, here, keeps)
    found: dict[tuple[tuple[Modality, ...], float], list[list[Predictions]]] = {}
    for (chosen, rate, _), keep, answer in zip(cells, keeps, scores, strict=True):
        usable = np.flatnonzero(_usable(keep))
        parts = [_only(p, part, usable) for p in predictions(system.tasks, part, answer)]
        found.setdefault((chosen, rate), []).append([p for p in parts if len(p)])
    return [c for (chosen, rate), drawn in found.items() for c in _cells(subset_name(chosen), rate, drawn)]


def by_subset(system: System, part: ExampleSet, whole: Sequence[Predictions]) -> Work[list[Predictions]]:
    """Predictions of a system from each subset of the modalities, for the examples that have all modalities of the subset.

    Args:
        system: it gives the answers for all subsets; a bundle encodes only once.
        part: the test examples.
        whole: its predictions from all modalities (``evaluate.predict``), which are used for the largest subset.
    """
    here = _present(part)
    *fewer, every = subsets(list(here))
    scores = yield from _ask(system, part, here, [_keep(here, chosen, 0.0, 0) for chosen in fewer])
    said = [*(predictions(system.tasks, part, answer) for answer in scores), whole]
    found = []
    for chosen, parts in zip([*fewer, every], said, strict=True):
        have = np.flatnonzero(np.all([here[m] for m in chosen], axis=0))
        found += [replace(p, modality=subset_name(chosen)) for p in (_only(q, part, have) for q in parts) if len(p)]
    return found


def _present(part: ExampleSet) -> dict[Modality, NDArray[np.bool_]]:
    """Which examples have which modality, bool (N,) for each modality that occurs.

    The order is fixed, so that the same random numbers are drawn for every system.
    """
    return {m: part.present[m] for m in MODALITIES if m in part.present and part.present[m].any()}


def _keep(
    here: Mapping[Modality, NDArray[np.bool_]], chosen: Sequence[Modality], rate: float, seed: int
) -> dict[Modality, NDArray[np.bool_]]:
    """What each example keeps, bool (N,) for every modality. An example without a modality of the subset keeps none."""
    rng = np.random.default_rng([seed, round(1000 * rate)])
    # Random numbers are drawn for all modalities, so every subset loses the same modalities of an example.
    luck = {m: rng.random(len(k)) for m, k in here.items()}
    order = np.stack([np.where(here[m], luck[m], -1.0) for m in chosen])
    last = np.asarray(chosen)[order.argmax(axis=0)]
    keep: dict[Modality, NDArray[np.bool_]] = {m: np.zeros(len(k), bool) for m, k in here.items()}
    for m in chosen:
        keep[m] = here[m] & ((luck[m] >= rate) | (last == m))
    return keep


def _usable(keep: Mapping[Modality, NDArray[np.bool_]]) -> NDArray[np.bool_]:
    return np.asarray(np.any(list(keep.values()), axis=0))


def _ask(
    system: System, part: ExampleSet, here: Mapping[Modality, NDArray[np.bool_]], keeps: Sequence[Keep]
) -> Work[list[dict[str, Float32]]]:
    """Scores {task: (N, L)} of every cell. Examples that a cell leaves out keep all modalities here, and are dropped later."""
    if not keeps:
        return []
    asked = [{m: np.where(_usable(keep), k, here[m]) for m, k in keep.items()} for keep in keeps]
    return (yield from ask(system, part, asked, _BATCH))


def _only(found: Predictions, part: ExampleSet, usable: NDArray[np.int64]) -> Predictions:
    kept = {part.examples[int(i)].clip.id for i in usable}
    return found.rows(np.asarray([k for k, name in enumerate(found.ids) if name in kept], np.int64))


def _cells(subset: str, rate: float, drawn: Sequence[Sequence[Predictions]]) -> Iterator[Cell]:
    for same in zip(*drawn, strict=True):
        first = same[0]
        metric = metrics_of(first.task)[MAIN[first.task.kind]]
        value = float(np.mean([metric(p.scores, p.targets) for p in same]))
        collapse = float(np.mean([largest_share(p) for p in same])) if first.task.kind == "single" else None
        yield Cell(
            *(first.set, first.task.name, metric.name, subset, rate),
            *(round(value, 4), None if collapse is None else round(collapse, 4), len(first), majority(first, metric)),
        )


def largest_share(part: Predictions) -> float:
    """Share of the most frequent answer among all answers."""
    return float(np.bincount(part.scores.argmax(axis=1)).max() / len(part))


def mean_cells(runs: Sequence[Sequence[Cell]]) -> tuple[Cell, ...]:
    """Join the same cells of several runs: all numbers are means over the runs, ``n`` too."""
    found: dict[tuple[str, str, str, float], list[Cell]] = {}
    for cell in (c for run in runs for c in run):
        found.setdefault((cell.set, cell.task, cell.subset, cell.rate), []).append(cell)
    return tuple(_mean(same) for same in found.values())


def _mean(same: Sequence[Cell]) -> Cell:
    return replace(
        same[0],
        value=round(float(np.mean([c.value for c in same])), 4),
        collapse=_mean_known([c.collapse for c in same]),
        n=round(float(np.mean([c.n for c in same]))),
        majority=_mean_known([c.majority for c in same]),
    )


def _mean_known(values: Sequence[float | None]) -> float | None:
    """Mean of the values that are known; ``None`` where no run has one."""
    known = [v for v in values if v is not None]
    return round(float(np.mean(known)), 4) if known else None
