"""Predictions of a system for labelled examples. They are kept on disk, so that comparisons need no second run."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from mien.files.tables import arrays as arrays_of
from mien.recipe import strict
from mien.runtime.cache import write_atomic
from mien.trust.judgement import subset_name
from mien.types import MODALITIES, Float32, Task


@dataclass(frozen=True)
class Predictions:
    """Predictions for the examples of one data set and split that are labelled for one task.

    Attributes:
        set: name of the data set.
        split: "valid" or "test".
        task: the task.
        modality: the modalities that the examples have, see ``subset_name``.
        ids: ids of the clips, (N,).
        groups: speaker, or another group that is never split, of each clip, (N,); "" where it is unknown.
        scores: float32 (N, L), probabilities, or the score of a score task.
        targets: float32 (N, L), see ``Example``.
    """

    set: str
    split: str
    task: Task
    modality: str
    ids: tuple[str, ...]
    groups: tuple[str, ...]
    scores: Float32
    targets: Float32

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def about(self) -> tuple[str, str]:
        """Names of data set and task."""
        return self.set, self.task.name

    def rows(self, chosen: NDArray[np.int64]) -> Self:
        """Some of the examples, in the order given."""
        ids, groups = (tuple(names[int(i)] for i in chosen) for names in (self.ids, self.groups))
        return replace(self, ids=ids, groups=groups, scores=self.scores[chosen], targets=self.targets[chosen])


@dataclass(frozen=True)
class Evaluation:
    """The predictions of one system for its validation and test sets.

    Attributes:
        valid: predictions on which thresholds are chosen; empty where there are none.
        test: predictions from which results are computed.
    """

    valid: tuple[Predictions, ...]
    test: tuple[Predictions, ...]

    def save(self, path: Path) -> None:
        """Write an .npz file, atomically."""
        arrays: dict[str, NDArray[np.generic]] = {}
        heads = []
        for k, part in enumerate((*self.valid, *self.test)):
            heads.append({"set": part.set, "split": part.split, "task": asdict(part.task), "modality": part.modality})
            arrays |= {f"{k}.scores": part.scores, f"{k}.targets": part.targets}
            arrays |= {f"{k}.ids": np.asarray(part.ids, str), f"{k}.groups": np.asarray(part.groups, str)}
        file = io.BytesIO()
        np.savez_compressed(file, heads=np.asarray(json.dumps(heads)), **arrays)  # type: ignore[arg-type]  # names are ours
        write_atomic(path, file.getvalue())

    @classmethod
    def load(cls, path: Path) -> Evaluation:
        """Read what ``save`` wrote."""
        with arrays_of(path, "evaluate the bundle again") as arrays:
            heads = json.loads(str(arrays["heads"]))
            parts = [
                Predictions(
                    head["set"],
                    head["split"],
                    strict.build(Task, head["task"], str(path)),
                    head["modality"],
                    tuple(arrays[f"{k}.ids"].tolist()),
                    tuple(arrays[f"{k}.groups"].tolist()),
                    arrays[f"{k}.scores"],
                    arrays[f"{k}.targets"],
                )
                for k, head in enumerate(heads)
            ]
        return cls(*(tuple(p for p in parts if p.split == split) for split in ("valid", "test")))


def pooled(folds: Sequence[Evaluation]) -> Evaluation:
    """Join the folds of a cross-validation: every example is in the test split of exactly one fold.

    The result has no validation sets, because an example may be in those of several folds. A single fold is returned as it is.

    Raises:
        ValueError: an example is in the test split of two folds.
    """
    if len(folds) == 1:
        return folds[0]
    by_set: dict[tuple[str, str], list[Predictions]] = {}
    for part in (p for fold in folds for p in fold.test):
        by_set.setdefault(part.about, []).append(part)
    return Evaluation((), tuple(_joined(parts) for parts in by_set.values()))


def _joined(parts: Sequence[Predictions]) -> Predictions:
    ids = tuple(i for p in parts for i in p.ids)
    if len(set(ids)) < len(ids):
        raise ValueError(f"folds of '{parts[0].set}' share test examples")
    return replace(
        parts[0],
        ids=ids,
        groups=tuple(g for p in parts for g in p.groups),
        modality=subset_name(m for m in MODALITIES if any(m in p.modality.split("+") for p in parts)),
        scores=np.concatenate([p.scores for p in parts]),
        targets=np.concatenate([p.targets for p in parts]),
    )


def aligned(runs: Sequence[Predictions]) -> list[Predictions]:
    """The predictions of each run for the examples that all runs share, in the order of the first run."""
    shared = set.intersection(*(set(run.ids) for run in runs))
    order = [i for i in runs[0].ids if i in shared]
    places = [{name: k for k, name in enumerate(run.ids)} for run in runs]
    return [run.rows(np.asarray([place[i] for i in order], np.int64)) for run, place in zip(runs, places, strict=True)]
