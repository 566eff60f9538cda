"""What a system does when modalities are missing: every subset of them, and each missing at random.

Cells are subsets of the modalities at rates from 0 to 0.7. In a cell an example first has only the modalities of the subset (it
is left out where it has none of these), then each of them goes missing with the rate's probability, never the last one. The
same seed draws the same ones for every system, so that systems can be compared.
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
from mien.metrics.base import measures
from mien.trust.judgement import subset_name
from mien.types import MODALITIES, Float32, Modality

if TYPE_CHECKING:
    from mien.data.sets import ExampleSet

RATES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
_BATCH = 64


@dataclass(frozen=True)
class Cell:
    """A measured cell.

    Attributes:
        set, task, metric: what was measured; see ``results.MAIN``.
        subset: modalities that were given, joined by "+".
        rate: probability with which each went missing.
        value: of the metric, mean over seeds of drawing.
        collapse: share of the answers that are the commonest answer, mean over seeds; ``None`` for other than single labels.
            A model that falls back on one class has 1.
        n: examples.
        majority: the metric of always answering the commonest label, or the median.
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
    """All subsets but the empty one, the smallest first."""
    known = [m for m in MODALITIES if m in modalities]
    return [tuple(m for m in known if m in chosen) for chosen in subsets_of(known)]


def missing(
    system: System, part: ExampleSet, rates: Sequence[float] = RATES, seeds: Sequence[int] = (0, 1, 2)
) -> Work[list[Cell]]:
    """All cells of a set, for every task of the system.

    Args:
        system: is asked once for each cell; a bundle encodes only once.
        part: the test examples.
        rates: of modalities that go missing; a single modality has only the rate 0.
        seeds: of what goes missing; at rate 0 one is enough.
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
        parts = [_only(p, part, usable) for p in predictions(system.tasks, part, "test", answer)]
        found.setdefault((chosen, rate), []).append([p for p in parts if len(p)])
    return [c for (chosen, rate), drawn in found.items() for c in _cells(subset_name(chosen), rate, drawn)]


def by_subset(system: System, part: ExampleSet, whole: Sequence[Predictions]) -> Work[list[Predictions]]:
    """What a system says of a set when it is given each subset of the modalities: of the examples that have all of these.

    Args:
        system: is asked once for all subsets; a bundle encodes only once.
        part: the test examples.
        whole: what it says of them with all they have (``evaluate.predict``), so that this is not asked again.
    """
    here = _present(part)
    *fewer, every = subsets(list(here))
    scores = yield from _ask(system, part, here, [_keep(here, chosen, 0.0, 0) for chosen in fewer])
    said = [*(predictions(system.tasks, part, "test", answer) for answer in scores), whole]
    found = []
    for chosen, parts in zip([*fewer, every], said, strict=True):
        have = np.flatnonzero(np.all([here[m] for m in chosen], axis=0))
        found += [replace(p, modality=subset_name(chosen)) for p in (_only(q, part, have) for q in parts) if len(p)]
    return found


def _present(part: ExampleSet) -> dict[Modality, NDArray[np.bool_]]:
    """Which examples have which modality, of those that some have; in one order, so that luck falls alike for every system."""
    return {m: part.present[m] for m in MODALITIES if m in part.present and part.present[m].any()}


def _keep(
    here: Mapping[Modality, NDArray[np.bool_]], chosen: Sequence[Modality], rate: float, seed: int
) -> dict[Modality, NDArray[np.bool_]]:
    """What each example keeps, bool (N,) for every modality; nothing where it has none of the subset."""
    rng = np.random.default_rng([seed, round(1000 * rate)])
    # One draw for each modality there is, whatever the subset: the same ones go missing in all of them.
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
    """Scores {task: (N, L)} of every cell. What is not usable is asked with all it has, and left out later."""
    if not keeps:
        return []
    asked = [{m: np.where(_usable(keep), k, here[m]) for m, k in keep.items()} for keep in keeps]
    return (yield from ask(system, part, "test", asked, _BATCH))


def _only(found: Predictions, part: ExampleSet, usable: NDArray[np.int64]) -> Predictions:
    kept = {part.examples[int(i)].clip.id for i in usable}
    return found.rows(np.asarray([k for k, name in enumerate(found.ids) if name in kept], np.int64))


def _cells(subset: str, rate: float, drawn: Sequence[Sequence[Predictions]]) -> Iterator[Cell]:
    for same in zip(*drawn, strict=True):
        first = same[0]
        measure = measures(first.task)[MAIN[first.task.kind]]
        value = float(np.mean([measure(p.scores, p.targets) for p in same]))
        collapse = float(np.mean([largest_share(p) for p in same])) if first.task.kind == "single" else None
        yield Cell(
            *(first.set, first.task.name, measure.name, subset, rate),
            *(round(value, 4), None if collapse is None else round(collapse, 4), len(first), majority(first, measure)),
        )


def largest_share(part: Predictions) -> float:
    """Share of the answers that are the commonest answer."""
    return float(np.bincount(part.scores.argmax(axis=1)).max() / len(part))


def mean_cells(runs: Sequence[Sequence[Cell]]) -> tuple[Cell, ...]:
    """The same cells of several runs as one: means of all that was measured; ``n`` is the mean too."""
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
    """``None`` where no run has one."""
    known = [v for v in values if v is not None]
    return round(float(np.mean(known)), 4) if known else None
