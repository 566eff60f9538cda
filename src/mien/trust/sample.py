"""Answers with known targets, on which calibration, label sets and thresholds are fitted and tested."""

from __future__ import annotations

import io
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from mien.files.tables import arrays as arrays_of
from mien.metrics.base import right
from mien.trust.calibration import Calibration, Measures
from mien.types import Float32, Modality

_FOLDS = 5


@dataclass(frozen=True)
class Sample:
    """Answers to one task from one subset of the modalities.

    Attributes:
        scores: float32 (N, L), probabilities.
        targets: float32 (N, L), see ``Example``.
        weights: float64 (N,), weight of each answer; they sum to 1.
        groups: str (N,), the speaker or another group whose answers belong together; "" where it is unknown.
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
        """A sample in which all examples count the same."""
        count = len(scores)
        names = np.asarray(groups if groups is not None else [""] * count, np.str_)
        return cls(scores, targets, np.full(count, 1 / count), names, measures or {})

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether the most probable label is right, bool (N,). Several labels may be equally right."""
        return right(self.scores, self.targets)

    @property
    def truths(self) -> NDArray[np.bool_]:
        """The right labels of each answer, bool (N, L): those with the largest target."""
        return np.asarray(self.targets >= self.targets.max(axis=1, keepdims=True))

    @property
    def shares(self) -> Float32:
        """The targets as probabilities, (N, L): numbers of votes become shares."""
        return np.asarray(self.targets / np.maximum(self.targets.sum(axis=1, keepdims=True), 1e-9))

    def rows(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> Self:
        """Some of the answers. Their weights sum to 1 again."""
        measures = {m: {k: v[chosen] for k, v in found.items()} for m, found in self.measures.items()}
        weights = self.weights[chosen]
        arrays = (self.scores[chosen], self.targets[chosen], weights / weights.sum(), self.groups[chosen])
        return type(self)(*arrays, measures)

    def by(self, calibration: Calibration) -> Self:
        """The sample with calibrated scores."""
        return replace(self, scores=calibration.apply(self.scores, self.measures))


def joined(parts: Sequence[Sample]) -> Sample:
    """Several data sets as one sample. Each set has the same weight, whatever its number of examples.

    Only measures that all sets have are kept.
    """
    shared = [set(p.measures) for p in parts]
    modalities = set.intersection(*shared) if shared else set()
    names = {m: set.intersection(*(set(p.measures[m]) for p in parts)) for m in modalities}
    measures = {m: {k: np.concatenate([p.measures[m][k] for p in parts]) for k in sorted(names[m])} for m in modalities}
    return Sample(
        np.concatenate([p.scores for p in parts]),
        np.concatenate([p.targets for p in parts]),
        np.concatenate([p.weights for p in parts]) / len(parts),
        np.concatenate([p.groups for p in parts]),
        measures,
    )


def folds(sample: Sample) -> NDArray[np.int64]:
    """The fold of each answer, one of five, (N,).

    Whole groups are dealt where all are known and there are three or more, else answers.
    """
    names, place = np.unique(sample.groups, return_inverse=True)
    rng = np.random.default_rng(0)
    if len(names) >= 3 and "" not in names:
        return np.asarray(rng.permutation(len(names))[place] % _FOLDS, np.int64)
    return np.asarray(rng.permutation(len(sample)) % _FOLDS, np.int64)


def save(sample: Sample, modalities: Collection[Modality], names: Sequence[str]) -> bytes:
    """The bytes of an .npz file that holds a sample.

    Args:
        sample: the answers.
        modalities: the subset of the modalities that they are from.
        names: names of the data sets.
    """
    file = io.BytesIO()
    measures = {f"{m}.{k}": v for m, found in sample.measures.items() for k, v in found.items()}
    arrays = {k: getattr(sample, k) for k in ("scores", "targets", "weights", "groups")}
    about = {"modalities": np.asarray(sorted(modalities)), "names": np.asarray(list(names))}
    np.savez_compressed(file, **arrays, **about, **measures)  # type: ignore[arg-type]  # names are ours
    return file.getvalue()


def load(path: Path) -> tuple[Sample, frozenset[Modality], list[str]]:
    """Read what ``save`` wrote: the sample, the modalities, and the names of the data sets."""
    with arrays_of(path, "measure it again") as arrays:
        modalities: frozenset[Modality] = frozenset(arrays["modalities"].tolist())
        measures = {m: {k.partition(".")[2]: arrays[k] for k in arrays if k.startswith(f"{m}.")} for m in modalities}
        scores, targets, weights, groups = (arrays[k] for k in ("scores", "targets", "weights", "groups"))
        return Sample(scores, targets, weights, groups, measures), modalities, arrays["names"].tolist()
