"""Fits what a person baseline knows of all people: see ``mien.person``."""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.files.tables import arrays as arrays_of
from mien.person import Population
from mien.runtime.cache import write_atomic
from mien.types import Float32, Modality

_FILE = "population-{}.npz"
_SHRINKAGE = 0.5  # towards a covariance without correlations, since there are many features and few people

Array = NDArray[np.float64]


def save_population(population: Population, folder: Path, modality: Modality) -> None:
    """Write a population into the folder of a run."""
    file = io.BytesIO()
    np.savez_compressed(file, **asdict(population))
    write_atomic(folder / _FILE.format(modality), file.getvalue())


def load_population(folder: Path, modality: Modality) -> Population | None:
    """The population in the folder of a run; ``None`` where the run has no baseline of the modality."""
    path = folder / _FILE.format(modality)
    if not path.is_file():
        return None
    with arrays_of(path, "train the recipe again") as arrays:
        return Population(**{f.name: arrays[f.name] for f in fields(Population)})


class Utterance(NamedTuple):
    """Features of one clip.

    Attributes:
        person: who; ``None`` where it is unknown.
        source: name of its data set.
        values: float32 (T, D).
        label: index of its label; ``None`` without one right label.
    """

    person: str | None
    source: str
    values: Float32
    label: int | None


def fit_population(utterances: Iterable[Utterance], labels: int) -> Population:
    """The population of some clips.

    Args:
        utterances: of the training data; it is iterated once.
        labels: number of labels of the task, L; 0 when the task has none.

    Raises:
        ValueError: there are fewer than two people.
    """
    data = _Data.of(u for u in utterances if u.person is not None)
    names, person = np.unique(data.people, return_inverse=True)
    if len(names) < 2:
        raise ValueError("a person baseline needs rows of at least two people")
    counts = np.bincount(person).astype(float)
    means = _sums(data.rows, person, len(names)) / counts[:, None]
    within = np.maximum(((data.rows - means[person]) ** 2).sum(axis=0) / max(len(person) - len(names), 1), 1e-6)
    between = np.maximum(means.var(axis=0, ddof=1) - within * (1 / counts).mean(), 1e-4 * within)
    centre, scale = means.mean(axis=0), np.sqrt(within)
    data = data.standardised(centre, scale)
    labelled = data.labels >= 0
    effects, weights, bias = np.zeros((0, len(scale))), np.zeros((len(scale), 0)), np.zeros(0)
    if labels and labelled.any():
        effects = _effects(data.chosen(labelled), person[labelled], labels)
        weights, bias = _discriminant(data.chosen(labelled), effects)
    found = centre, scale, within / between, effects, weights, bias
    return Population(*(a.astype(np.float32) for a in found))


@dataclass(frozen=True)
class _Data:
    """Rows (N, D) of all clips, with person, data set and label (N,) of each; the label is -1 where there is none."""

    rows: Array
    people: NDArray[np.str_]
    sources: NDArray[np.str_]
    labels: NDArray[np.int64]

    @classmethod
    def of(cls, utterances: Iterable[Utterance]) -> _Data:
        rows, people, sources, labels = [], [], [], []
        for person, source, values, label in utterances:
            rows.append(np.asarray(values, np.float64))
            people += [f"{source}/{person}"] * len(values)
            sources += [source] * len(values)
            labels += [-1 if label is None else label] * len(values)
        found = np.concatenate(rows) if rows else np.zeros((0, 1))
        return cls(found, np.asarray(people, np.str_), np.asarray(sources, np.str_), np.asarray(labels, np.int64))

    def standardised(self, centre: Array, scale: Array) -> _Data:
        return _Data((self.rows - centre) / scale, self.people, self.sources, self.labels)

    def chosen(self, which: NDArray[np.bool_]) -> _Data:
        return _Data(self.rows[which], self.people[which], self.sources[which], self.labels[which])


def _sums(rows: Array, group: NDArray[np.int64], count: int) -> Array:
    """Sum of the rows of each group, (count, D)."""
    found = np.zeros((count, rows.shape[1]))
    np.add.at(found, group, rows)
    return found


def _effects(data: _Data, person: NDArray[np.int64], labels: int) -> Array:
    """What each label adds to the features, (L, D): mean over people of its mean less the mean over the person's labels."""
    by_label: dict[int, list[Array]] = defaultdict(list)
    for who in np.unique(person):
        rows, own = data.rows[person == who], data.labels[person == who]
        means = {int(label): rows[own == label].mean(axis=0) for label in np.unique(own)}
        middle = np.mean(list(means.values()), axis=0)
        for label, mean in means.items():
            by_label[label].append(mean - middle)
    found = np.zeros((labels, data.rows.shape[1]))
    for label, differences in by_label.items():
        found[label] = np.mean(differences, axis=0)
    return found


def _discriminant(data: _Data, effects: Array) -> tuple[Array, Array]:
    """Weights (D, L) and bias (L,) of a linear discriminant analysis (Fisher 1936).

    The means of the labels are their ``effects``, so a label that occurs in some data sets only does not stand for them. What
    is left of the features varies with people and data sets too, so features by which these differ count little. Every data
    set counts the same. A label that never occurs is never guessed.
    """
    rest = data.rows - effects[data.labels]
    _, source, counts = np.unique(data.sources, return_inverse=True, return_counts=True)
    weight = (1.0 / counts / len(counts))[source]
    middle = weight @ rest
    covariance = (rest - middle).T @ ((rest - middle) * weight[:, None])
    spherical = np.eye(rest.shape[1]) * max(float(np.diag(covariance).mean()), 1e-6)
    weights = np.linalg.solve((1 - _SHRINKAGE) * covariance + _SHRINKAGE * spherical, effects.T)
    bias = -((middle + 0.5 * effects) * weights.T).sum(axis=1)
    known = np.isin(np.arange(len(effects)), data.labels)
    return np.where(known, weights, 0.0), np.where(known, bias, -1e4)
