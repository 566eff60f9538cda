"""Ask a system about labelled data.

A system is a bundle (what ships is what is measured) or, without the cost of an export, a trained model. ``evaluate`` asks it,
``results.py`` measures its answers. Predictions are kept (``predictions.py``), so that a comparison needs no second run.
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
"""{modality: bool (B,)}, which examples keep it; a modality that is not named is kept. At least one stays for each."""


class System(Protocol):
    """What can be evaluated: a bundle or a model."""

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
        encoded: dict[Modality, EncodedTracks] = {}
        for m in self._bundle.modalities:
            here = [k for k, t in enumerate(tracks) if m in t]
            if here:
                encoded[m] = self._bundle.encode(m, [tracks[k][m] for k in here]).scattered(here, len(rows))
        return [self._fused(encoded, keep, len(rows)) for keep in keeps]

    def _fused(self, encoded: Mapping[Modality, EncodedTracks], keep: Keep, size: int) -> Mapping[str, Float32]:
        """Examples with the same modalities together, for a bundle is calibrated for each set of them."""
        there = np.stack([e.mask.any(axis=1) & keep.get(m, np.True_) for m, e in encoded.items()], axis=1)
        scores = {t.name: np.zeros((size, t.size), np.float32) for t in self.tasks}
        for kinds in np.unique(there, axis=0):
            chosen = np.flatnonzero((there == kinds).all(axis=1))
            part = {m: e.rows(chosen) for (m, e), here in zip(encoded.items(), kinds, strict=True) if here}
            for task, values in self._bundle.fuse(part).scores.items():
                scores[task][chosen] = values
        return scores


def predict(system: System, part: ExampleSet, split: str) -> Work[list[Predictions]]:
    """What a system says of a set's examples, given all modalities that each has; for every task that some are labelled for."""
    (scores,) = yield from ask(system, part, split, [{}])
    return predictions(system.tasks, part, split, scores)


def ask(
    system: System, part: ExampleSet, split: str, keeps: Sequence[Keep], size: int = _BATCH
) -> Work[list[dict[str, Float32]]]:
    """Scores {task: (N, L)} of a whole set, once for each way of taking modalities away.

    Args:
        system: is asked once for each batch; a bundle encodes only once, however many ways there are.
        part: the examples.
        split: which split they are of; progress names it.
        keeps: the ways, each over all N examples.
        size: examples in a batch.
    """
    scores = [{t.name: np.zeros((len(part), t.size), np.float32) for t in system.tasks} for _ in keeps]
    done = 0
    for rows in part.order(size, None):
        ways = [{m: kept[rows] for m, kept in keep.items()} for keep in keeps]
        for whole, answer in zip(scores, system.answers(part, rows, ways), strict=True):
            for task, values in answer.items():
                whole[task][rows] = values
        done += len(rows)
        yield Progress("evaluate", f"{part.name} {split}", done, len(part))
    return scores


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


def evaluate(system: System, valid: Sequence[ExampleSet], test: Sequence[ExampleSet]) -> Work[Evaluation]:
    """Ask a system about its validation and its test sets."""
    found: dict[str, list[Predictions]] = {"valid": [], "test": []}
    for split, sets in (("valid", valid), ("test", test)):
        for part in sets:
            found[split] += yield from predict(system, part, split)
    return Evaluation(tuple(found["valid"]), tuple(found["test"]))
