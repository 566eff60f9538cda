"""Judge a bundle on labelled data: what ships is what is measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mien.bundle import Bundle
from mien.data.batch import ExampleSet
from mien.metrics.accuracy import accuracy
from mien.metrics.ece import ece
from mien.metrics.macro_f1 import macro_f1
from mien.metrics.multilabel_f1 import best_thresholds, multilabel_f1
from mien.metrics.uar import uar
from mien.types import Float32, Modality

_BATCH = 32


def scores_of(bundle: Bundle, part: ExampleSet, task: str = "emotion") -> Float32:
    """The bundle's scores for every example, (N, L), in the set's order; all modalities that an example has."""
    size = next(t.size for t in bundle.tasks if t.name == task)
    scores = np.zeros((len(part), size), np.float32)
    for rows in part.order(_BATCH, None):
        tracks = [part.tracks(int(i)) for i in rows]
        for kinds in {tuple(t) for t in tracks}:
            chosen = [k for k, t in enumerate(tracks) if tuple(t) == kinds]
            encoded = {m: bundle.encode(m, [tracks[k][m] for k in chosen]) for m in kinds}
            scores[rows[chosen]] = bundle.fuse(encoded)[0][task]
    return scores


def evaluate(bundle: Bundle, valid: Sequence[ExampleSet], test: Sequence[ExampleSet]) -> list[dict[str, Any]]:
    """Results on each test set: accuracy, UAR, macro F1, ECE, and where examples have several labels the multi-label F1.

    Thresholds of the multi-label F1 are chosen on the validation set of the same name. ``majority`` is the same metric
    for always answering the commonest label of the test set.
    """
    rows = []
    tuned = {v.name: best_thresholds(scores_of(bundle, v), v.targets("emotion")) for v in valid if _several(v)}
    for part in test:
        scores, targets = scores_of(bundle, part), part.targets("emotion")
        common = np.tile(targets.mean(axis=0) >= targets.mean(axis=0).max(), (len(part), 1)).astype(np.float32)
        for metric in (accuracy, uar, macro_f1, ece):
            rows.append(
                _row(part, metric.__name__, metric(scores, targets), None if metric is ece else metric(common, targets))
            )
        if part.name in tuned:
            value = multilabel_f1(scores, targets, tuned[part.name])
            rows.append(_row(part, "multilabel_f1", value, multilabel_f1(common, targets, 0.5)))
    return rows


def over_seeds(runs: Sequence[Sequence[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Mean and standard deviation of the same rows from several seeds."""
    rows = []
    for same in zip(*runs, strict=True):
        values = [r["value"] for r in same]
        std = round(float(np.std(values, ddof=1)), 4) if len(values) > 1 else None
        rows.append({**same[0], "value": round(float(np.mean(values)), 4), "std": std, "seeds": len(values)})
    return rows


def _several(part: ExampleSet) -> bool:
    return bool(((part.targets("emotion") > 0).sum(axis=1) > 1).any())


def _row(part: ExampleSet, metric: str, value: float, majority: float | None) -> dict[str, Any]:
    kinds: set[Modality] = {m for i in range(min(50, len(part))) for m in part.tracks(i)}
    return {
        "set": part.name,
        "split": "test",
        "modality": "+".join(sorted(kinds)),
        "task": "emotion",
        "metric": metric,
        "value": round(value, 4),
        "std": None,
        "seeds": 1,
        "n": len(part),
        "majority": None if majority is None else round(majority, 4),
    }
