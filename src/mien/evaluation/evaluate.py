"""Judge a system on labelled data.

A system is a bundle (what ships is what is measured) or, without the cost of an export, a trained model: ``predict`` asks it,
``results.py`` measures what it said. Predictions are kept (``predictions.py``), so that comparing needs no second run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mien.bundle.answer import Encoded
from mien.bundle.bundle import Bundle
from mien.evaluation.predictions import Judged, Predictions
from mien.trust.judgement import subset_name
from mien.types import Float32, Modality, Task

if TYPE_CHECKING:
    from mien.data.batch import ExampleSet

_BATCH = 32

Keep = Mapping[Modality, NDArray[np.bool_]]
"""{modality: bool (B,)}, which examples keep it; a modality that is not named is kept. At least one stays for each."""


class System(Protocol):
    """What can be judged."""

    @property
    def tasks(self) -> Sequence[Task]:
        """What it answers."""

    def answers(self, part: ExampleSet, rows: NDArray[np.int64], keeps: Sequence[Keep]) -> list[Mapping[str, Float32]]:
        """Scores {task: (B, L)} of some examples, once for each way of taking modalities away."""


class BundleSystem:
    """A bundle. Its encoders run once, however many ways there are."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self.tasks: Sequence[Task] = bundle.tasks

    def answers(self, part: ExampleSet, rows: NDArray[np.int64], keeps: Sequence[Keep]) -> list[Mapping[str, Float32]]:
        """See ``System``."""
        tracks = [part.tracks(int(i)) for i in rows]
        encoded: dict[Modality, Encoded] = {}
        for m in self._bundle.modalities:
            here = [k for k, t in enumerate(tracks) if m in t]
            if here:
                encoded[m] = _spread(self._bundle.encode(m, [tracks[k][m] for k in here]), here, len(rows))
        return [self._fused(encoded, keep, len(rows)) for keep in keeps]

    def _fused(self, encoded: Mapping[Modality, Encoded], keep: Keep, size: int) -> Mapping[str, Float32]:
        """Examples with the same modalities together, for a bundle is calibrated for each set of them."""
        there = np.stack([e.mask.any(axis=1) & keep.get(m, np.True_) for m, e in encoded.items()], axis=1)
        scores = {t.name: np.zeros((size, t.size), np.float32) for t in self.tasks}
        for kinds in np.unique(there, axis=0):
            chosen = np.flatnonzero((there == kinds).all(axis=1))
            part = {m: e.rows(chosen) for (m, e), here in zip(encoded.items(), kinds, strict=True) if here}
            for task, values in self._bundle.fuse(part)[0].items():
                scores[task][chosen] = values
        return scores


def _spread(encoded: Encoded, rows: Sequence[int], size: int) -> Encoded:
    """Some rows of a batch of ``size``; the others have nothing."""

    def wide(values: NDArray[Any]) -> NDArray[Any]:
        whole = np.zeros((size, *values.shape[1:]), values.dtype)
        whole[list(rows)] = values
        return whole

    measures = {name: wide(values) for name, values in encoded.measures.items()}
    return Encoded(wide(encoded.states), wide(encoded.mask), wide(encoded.quality), wide(encoded.times), measures)


def predict(system: System, part: ExampleSet, split: str) -> list[Predictions]:
    """What a system says of a set's examples, all modalities of each; for every task that some are labelled for."""
    scores = {t.name: np.zeros((len(part), t.size), np.float32) for t in system.tasks}
    for rows in part.order(_BATCH, None):
        (answer,) = system.answers(part, rows, [{}])
        for task, values in answer.items():
            scores[task][rows] = values
    return predictions(system.tasks, part, split, scores)


def predictions(
    tasks: Sequence[Task], part: ExampleSet, split: str, scores: Mapping[str, Float32]
) -> list[Predictions]:
    """Scores {task: (N, L)} of a whole set, with what is true of its labelled examples."""
    found = []
    ids, groups = tuple(e.clip.id for e in part.examples), tuple(e.group or "" for e in part.examples)
    for task in tasks:
        targets = part.targets(task.name)
        labelled = np.flatnonzero(~np.isnan(targets).any(axis=1))
        if len(labelled):
            kinds = subset_name(m for m, here in part.present.items() if here[labelled].any())
            whole = Predictions(part.name, split, task, kinds, ids, groups, scores[task.name], targets)
            found.append(whole.rows(labelled))
    return found


def judge(system: System, valid: Sequence[ExampleSet], test: Sequence[ExampleSet]) -> Judged:
    """Ask a system about its validation and its test sets."""
    parts = [
        tuple(p for s in sets for p in predict(system, s, split)) for sets, split in ((valid, "valid"), (test, "test"))
    ]
    return Judged(parts[0], parts[1])
