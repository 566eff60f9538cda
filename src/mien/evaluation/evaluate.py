"""Judge a system on labelled data.

A system is a bundle (what ships is what is measured) or, without the cost of an export, a trained model: ``predict`` asks it,
``results`` measures what it said. Predictions are kept (``predictions.py``), so that comparing needs no second run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mien.bundle.bundle import Bundle
from mien.bundle.encoded import EncodedTracks
from mien.evaluation.predictions import Judged, Predictions, aligned
from mien.metrics.base import Counts, Measure, Sums, confusion, measures
from mien.metrics.multilabel_f1 import best_thresholds, multilabel_f1
from mien.metrics.statistics import intervals
from mien.trust.judgement import subset_name
from mien.types import Float32, Modality, Task, TaskKind

if TYPE_CHECKING:
    from mien.data.batch import ExampleSet

_BATCH = 32

MAIN: Mapping[TaskKind, str] = {"single": "macro_f1", "multi": "multilabel_f1", "score": "mae"}
"""The usual metric of each kind of task: systems are compared by it where none is named."""

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


def results(runs: Sequence[Judged]) -> list[dict[str, Any]]:
    """One row for each test set, task and measure, over the runs (seeds) of one recipe.

    A row holds set, split, modality, task, metric, value (mean over seeds), std (over seeds; ``None`` for one), seeds, n,
    majority (see there), interval (95 %, see ``statistics``; ``None`` where undefined) and resampled (what it is over).
    Thresholds of the multi-label F1 are chosen on the validation set of the same name.
    """
    rows = []
    for about in dict.fromkeys(p.about for run in runs for p in run.test):
        parts = aligned([next(p for p in run.test if p.about == about) for run in runs])
        chosen = [measures_of(part, run) for part, run in zip(parts, runs, strict=True)]
        rows += [_row(parts, [m[name] for m in chosen]) for name in chosen[0]]
    return [row for row in rows if not np.isnan(row["value"])]


def each(parts: Sequence[Predictions], measured: Sequence[Measure]) -> list[Sums]:
    """What each example adds to the sums of its run's measure."""
    return [m.each(p.scores, p.targets) for p, m in zip(parts, measured, strict=True)]


def per_label(part: Predictions) -> list[dict[str, Any]]:
    """Of a single-label task, one row for each label that occurs: label, f1, recall, precision, n."""
    counts = Counts(confusion(part.scores, part.targets).sum(axis=0))
    columns = {"f1": counts.f1, "recall": counts.recall, "precision": counts.precision}
    return [
        {"label": label, **{name: round(float(c[k]), 4) for name, c in columns.items()}, "n": int(counts.truths[k])}
        for k, label in enumerate(part.task.labels)
        if counts.truths[k]
    ]


def measures_of(part: Predictions, run: Judged) -> dict[str, Measure]:
    """Those of the task; where examples have several labels also the multi-label F1, with thresholds from validation data."""
    found = measures(part.task)
    valid = next((v for v in run.valid if v.about == part.about), None)
    several = part.task.kind == "multi" or bool(((part.targets > 0).sum(axis=1) > 1).any())
    if several and part.task.kind != "score" and valid is not None:
        thresholds = best_thresholds(valid.scores, valid.targets)
        found["multilabel_f1"] = Measure("multilabel_f1", multilabel_f1, thresholds)
    return found


def _row(parts: Sequence[Predictions], measured: Sequence[Measure]) -> dict[str, Any]:
    first, measure = parts[0], measured[0]
    with np.errstate(invalid="ignore", divide="ignore"):
        values = [m(p.scores, p.targets) for p, m in zip(parts, measured, strict=True)]
    interval = intervals.interval(measure.of, each(parts, measured), first.groups)
    return {
        "set": first.set,
        "split": first.split,
        "modality": first.modality,
        "task": first.task.name,
        "metric": measure.name,
        "value": round(float(np.mean(values)), 4),
        "std": round(float(np.std(values, ddof=1)), 4) if len(values) > 1 else None,
        "seeds": len(values),
        "n": len(first),
        "majority": majority(first, measure),
        "interval": None if interval is None else [round(bound, 4) for bound in interval],
        "resampled": intervals.unit(first.groups),
    }


def majority(part: Predictions, measure: Measure) -> float | None:
    """The measure of always answering the commonest label, or the median score; ``None`` where that says nothing."""
    if not measure.constant:
        return None
    if part.task.kind == "score":
        common = np.full_like(part.targets, np.median(part.targets))
    else:
        share = part.targets.mean(axis=0)
        common = np.tile(share >= share.max(), (len(part), 1)).astype(np.float32)
    value = measure(common, part.targets)
    return None if np.isnan(value) else round(value, 4)
