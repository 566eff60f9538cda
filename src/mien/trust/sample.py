"""Answers whose truth is known: what calibration, label sets and thresholds are fitted on, and tested on."""

from __future__ import annotations

import io
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from mien.metrics.base import right
from mien.trust.calibration import Calibration, Measures
from mien.types import Float32, Modality


@dataclass(frozen=True)
class Sample:
    """Answers to one task by one subset of modalities.

    Attributes:
        scores: float32 (N, L), probabilities.
        targets: float32 (N, L), see ``Example``.
        weights: float64 (N,), how much each counts; they sum to 1.
        groups: (N,) the speaker, or what else belongs together; "" where that is unknown.
        measures: of the inputs, see ``Measures``.
    """

    scores: Float32
    targets: Float32
    weights: NDArray[np.float64]
    groups: NDArray[np.str_]
    measures: Measures = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.scores)

    @classmethod
    def of(
        cls, scores: Float32, targets: Float32, groups: Sequence[str] | None = None, measures: Measures | None = None
    ) -> Self:
        """Of examples that all count the same."""
        count = len(scores)
        names = np.asarray(groups if groups is not None else [""] * count, np.str_)
        return cls(scores, targets, np.full(count, 1 / count), names, measures or {})

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether the most probable label is (one of) the right one(s), (N,)."""
        return right(self.scores, self.targets)

    @property
    def truths(self) -> NDArray[np.bool_]:
        """The right label of each answer, or several that are equally right, (N, L)."""
        return np.asarray(self.targets >= self.targets.max(axis=1, keepdims=True))

    @property
    def shares(self) -> Float32:
        """The targets as probabilities: votes become shares of votes, (N, L)."""
        return np.asarray(self.targets / np.maximum(self.targets.sum(axis=1, keepdims=True), 1e-9))

    def rows(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> Self:
        """Some of them; weights sum to 1 again."""
        measures = {m: {k: v[chosen] for k, v in found.items()} for m, found in self.measures.items()}
        weights = self.weights[chosen]
        arrays = (self.scores[chosen], self.targets[chosen], weights / weights.sum(), self.groups[chosen])
        return type(self)(*arrays, measures)

    def by(self, calibration: Calibration) -> Self:
        """The same, calibrated."""
        return replace(self, scores=calibration.apply(self.scores, self.measures))


def joined(parts: Sequence[Sample]) -> Sample:
    """Several data sets as one, each counting the same however many examples it has."""
    shared = [set(p.measures) for p in parts]
    modalities = set.intersection(*shared) if shared else set()
    measures = {
        m: {k: np.concatenate([p.measures[m][k] for p in parts]) for k in parts[0].measures[m]} for m in modalities
    }
    return Sample(
        np.concatenate([p.scores for p in parts]),
        np.concatenate([p.targets for p in parts]),
        np.concatenate([p.weights for p in parts]) / len(parts),
        np.concatenate([p.groups for p in parts]),
        measures,
    )


def folds(sample: Sample, count: int = 5) -> NDArray[np.int64]:
    """The fold of each answer, (N,): whole groups where at least three are named, else single answers."""
    names, place = np.unique(sample.groups, return_inverse=True)
    rng = np.random.default_rng(0)
    if len(names) >= 3 and "" not in names:
        return np.asarray(rng.permutation(len(names))[place] % count, np.int64)
    return np.asarray(rng.permutation(len(sample)) % count, np.int64)


def save(sample: Sample, modalities: Collection[Modality], names: Sequence[str]) -> bytes:
    """An .npz file of answers by a subset of modalities, from data sets of those names."""
    file = io.BytesIO()
    measures = {f"{m}.{k}": v for m, found in sample.measures.items() for k, v in found.items()}
    arrays = {k: getattr(sample, k) for k in ("scores", "targets", "weights", "groups")}
    about = {"modalities": np.asarray(sorted(modalities)), "names": np.asarray(list(names))}
    np.savez_compressed(file, **arrays, **about, **measures)  # type: ignore[arg-type]  # names are ours
    return file.getvalue()


def load(path: Path) -> tuple[Sample, frozenset[Modality], list[str]]:
    """What ``save`` wrote."""
    with np.load(path, allow_pickle=False) as arrays:
        modalities: frozenset[Modality] = frozenset(arrays["modalities"].tolist())
        measures = {m: {k.partition(".")[2]: arrays[k] for k in arrays if k.startswith(f"{m}.")} for m in modalities}
        scores, targets, weights, groups = (arrays[k] for k in ("scores", "targets", "weights", "groups"))
        return Sample(scores, targets, weights, groups, measures), modalities, arrays["names"].tolist()
