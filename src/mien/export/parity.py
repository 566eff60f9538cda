"""Checks that exported graphs answer as the trained model does. If they do not, nothing is exported."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mien.bundle.bundle import Bundle
from mien.bundle.table import Parity
from mien.data.sets import ExampleSet
from mien.errors import ParityError
from mien.model.heads import score
from mien.model.model import Model
from mien.types import Float32, Modality, Task, Track

_TOLERANCE = 1e-3  # largest difference of an answer between float32 graphs and torch
_TRUNK_TOLERANCE = 1e-2  # largest difference of a standardised feature
_AGREEMENT = 0.97  # smallest share of equal top labels, also for graphs in int8 or float16
_DRIFT = 0.1  # largest difference of a score in int8 or float16, as a share of the width of its bounds
_EACH = 64  # examples of each set
_ADVICE = "nothing was exported: export without int8 and float16, or report this"


def check(model: Model, bundle: Bundle, probe: Sequence[ExampleSet], shrunk: bool) -> Parity:
    """Compares torch and graphs on real examples.

    Args:
        model: in evaluation mode.
        bundle: its graphs.
        probe: the examples.
        shrunk: whether some weights are stored in fewer bits. Then probabilities and scores may differ a little.

    Raises:
        ParityError: they differ, or one of them gives a number that is not finite.
    """
    wanted, found = _answers(model, bundle, probe)
    with np.errstate(invalid="ignore"):
        differences = {t.name: np.abs(found[t.name] - wanted[t.name]).max() for t in model.tasks}
    # Python's max would lose NaN.
    largest = float(np.max(list(differences.values())))
    labels = [t.name for t in model.tasks if t.kind != "score"]
    same = float(np.mean([_same_top(found[name], wanted[name]) for name in labels])) if labels else None
    near = all(differences[t.name] <= _DRIFT * _width(t) for t in model.tasks if t.kind == "score")
    fits = math.isfinite(largest) and near if shrunk else largest <= _TOLERANCE
    if not fits or (same is not None and same < _AGREEMENT):
        labelled = "" if same is None else f", same top label in {same:.1%}"
        raise ParityError(
            f"the exported graphs differ from the model (largest difference {largest:.2g}{labelled}); {_ADVICE}"
        )
    agreement = None if same is None else round(same, 6)
    return Parity(round(largest, 6), agreement, sum(min(_EACH, len(part)) for part in probe))


@torch.no_grad()
def _answers(
    model: Model, bundle: Bundle, probe: Sequence[ExampleSet]
) -> tuple[Mapping[str, Float32], Mapping[str, Float32]]:
    """Scores {task: float32 (N, L)} of the model in torch, and of the graphs."""
    wanted: dict[str, list[Float32]] = {t.name: [] for t in model.tasks}
    found: dict[str, list[Float32]] = {t.name: [] for t in model.tasks}
    for part in probe:
        rows = np.linspace(0, len(part) - 1, min(_EACH, len(part))).astype(int)
        logits = model(part.batch(rows)).logits
        answers = [bundle.answer(part.tracks(int(index))) for index in rows]
        for task in model.tasks:
            wanted[task.name].append(score(task, logits[task.name]).numpy())
            found[task.name] += [answer.scores[task.name][None] for answer in answers]
    one, other = ({name: np.concatenate(rows) for name, rows in table.items()} for table in (wanted, found))
    return one, other


def _same_top(one: Float32, other: Float32) -> float:
    return float(np.mean(one.argmax(axis=1) == other.argmax(axis=1)))


def _width(task: Task) -> float:
    """The width of the bounds of a score; 1 when it has none."""
    low, high = task.bounds or (0.0, 1.0)
    return high - low


@torch.no_grad()
def check_trunk(
    modality: Modality, graph: Any, trunk: Callable[[Tensor, Tensor], Tensor], tracks: Sequence[Track], shrunk: bool
) -> None:
    """Compares the graph before a person baseline with its torch module, (values, mask) -> features, on real tracks.

    Raises:
        ParityError: they differ and the weights are not ``shrunk``, or the graph gives a number that is not finite.
    """
    worst = 0.0
    for track in tracks:
        values, mask = track.values[None], np.ones((1, len(track)), bool)
        want = trunk(torch.from_numpy(values), torch.from_numpy(mask)).numpy()
        (got,) = graph.run(None, {"values": values, "mask": mask})
        worst = float(np.maximum(worst, np.abs(got - want).max()))
    if not math.isfinite(worst) or (worst > _TRUNK_TOLERANCE and not shrunk):
        raise ParityError(f"the exported trunk of {modality} differs from the model by {worst:.2g}; {_ADVICE}")
