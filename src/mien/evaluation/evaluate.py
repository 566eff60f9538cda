"""Run a system on labelled data.

A system is a bundle, so that what ships is what is evaluated, or a trained model, which saves the export. ``evaluate`` collects
its predictions, ``results.py`` computes metrics of them. Predictions are kept (``predictions.py``), so that a comparison needs
no second run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from mien.bundle.bundle import Bundle
from mien.bundle.encoded import EncodedTracks
from mien.evaluation.predictions import Evaluation, Predictions
from mien.events import Progress, Work
from mien.trust.judgement import subset_name
from mien.types import Float32, Modality, Task

if TYPE_CHECKING:
    from mien.data.sets import ExampleSet

_BATCH = 32

Keep = Mapping[Modality, NDArray[np.bool_]]
"""{modality: bool (B,)}: which examples keep the modality. All keep a modality that is not a key. Every example keeps at
least one modality."""


class System(Protocol):
    """What can be evaluated: a bundle or a model."""

    @property
    def tasks(self) -> Sequence[Task]:
        """The tasks that it answers."""

    def answers(self, part: ExampleSet, rows: NDArray[np.int64], keeps: Sequence[Keep]) -> list[Mapping[str, Float32]]:
        """Scores {task: float32 (B, L)} of some examples, once for each way of removing modalities.

        Args:
            part: a data set.
            rows: places of the B examples in it.
            keeps: the ways of removing modalities; {} removes none.
        """


class BundleSystem:
    """A bundle as a system. Its encoders run once for all ways of removing modalities."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self.tasks: Sequence[Task] = bundle.tasks

    def answers(self, part: ExampleSet, rows: NDArray[np.int64], keeps: Sequence[Keep]) -> list[Mapping[str, Float32]]:
        """See ``System``."""
        tracks = [part.tracks(int(i)) for i in rows]
        encoded: dict[Modality, EncodedTracks] = {}
        for m in self._bundle.modalities:
            here = [k for k, t in enumerate(tracks) if m in t]
            if here:
                encoded[m] = self._bundle.encode(m, [tracks[k][m] for k in here]).scattered(here, len(rows))
        return [self._fused(encoded, keep, len(rows)) for keep in keeps]

    def _fused(self, encoded: Mapping[Modality, EncodedTracks], keep: Keep, size: int) -> Mapping[str, Float32]:
        """Scores of all examples. Those with the same modalities go together, because each subset has its own calibration."""
        there = np.stack([e.mask.any(axis=1) & keep.get(m, np.True_) for m, e in encoded.items()], axis=1)
        scores = {t.name: np.zeros((size, t.size), np.float32) for t in self.tasks}
        for kinds in np.unique(there, axis=0):
            chosen = np.flatnonzero((there == kinds).all(axis=1))
            part = {m: e.rows(chosen) for (m, e), here in zip(encoded.items(), kinds, strict=True) if here}
            for task, values in self._bundle.fuse(part).scores.items():
                scores[task][chosen] = values
        return scores


def predict(system: System, part: ExampleSet) -> Work[list[Predictions]]:
    """The predictions of a system for a data set, from all modalities of each example, for every task that has labels."""
    (scores,) = yield from ask(system, part, [{}])
    return predictions(system.tasks, part, scores)


def ask(system: System, part: ExampleSet, keeps: Sequence[Keep], size: int = _BATCH) -> Work[list[dict[str, Float32]]]:
    """Scores {task: float32 (N, L)} of a whole data set, once for each way of removing modalities.

    Args:
        system: it is called once for each batch, so a bundle encodes only once for all ways.
        part: the data set.
        keeps: the ways of removing modalities, each for all N examples.
        size: number of examples in a batch.
    """
    scores = [{t.name: np.zeros((len(part), t.size), np.float32) for t in system.tasks} for _ in keeps]
    done = 0
    for rows in part.order(size, None):
        ways = [{m: kept[rows] for m, kept in keep.items()} for keep in keeps]
        for whole, answer in zip(scores, system.answers(part, rows, ways), strict=True):
            for task, values in answer.items():
                whole[task][rows] = values
        done += len(rows)
        yield Progress("evaluate", f"{part.name} {part.split}", done, len(part))
    return scores


def predictions(tasks: Sequence[Task], part: ExampleSet, scores: Mapping[str, Float32]) -> list[Predictions]:
    """Predictions from the scores {task: (N, L)} of a whole data set: its labelled examples with their targets."""
    found = []
    ids, groups = tuple(e.clip.id for e in part.examples), tuple(e.group or "" for e in part.examples)
    for task in tasks:
        targets = part.targets(task.name)
        labelled = np.flatnonzero(~np.isnan(targets).any(axis=1))
        if len(labelled):
            kinds = subset_name(m for m, here in part.present.items() if here[labelled].any())
            whole = Predictions(part.name, part.split, task, kinds, ids, groups, scores[task.name], targets)
            found.append(whole.rows(labelled))
    return found


def evaluate(system: System, valid: Sequence[ExampleSet], test: Sequence[ExampleSet]) -> Work[Evaluation]:
    """Run a system on its validation and test sets."""
    validated = yield from _predicted(system, valid)
    return Evaluation(validated, (yield from _predicted(system, test)))


def _predicted(system: System, sets: Sequence[ExampleSet]) -> Work[tuple[Predictions, ...]]:
    found: list[Predictions] = []
    for part in sets:
        found += yield from predict(system, part)
    return tuple(found)
