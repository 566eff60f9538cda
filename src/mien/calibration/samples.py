"""Samples from labelled data: the answers of a bundle to every example, from every subset of its modalities."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.bundle.answer import Subset, subsets_of
from mien.bundle.bundle import Bundle
from mien.bundle.encoded import EncodedTracks, measures_of
from mien.calibration.channels import Channels
from mien.data.sets import ExampleSet
from mien.trust.sample import Sample
from mien.types import Float32, Modality, Task

_BATCH = 32
_KEPT = 600  # encoded examples of each set and modality that are kept for composites, about
_DRAWN = 2000  # number of composites of each subset


class SetAnswers(NamedTuple):
    """The answers of a bundle on one data set.

    Attributes:
        name: name of the data set.
        samples: the answers before calibration, {subset of the modalities: sample}.
        kept: {modality: some encoded examples that have one right label, and the indices of these labels (N,)}.
    """

    name: str
    samples: Mapping[Subset, Sample]
    kept: Mapping[Modality, tuple[EncodedTracks, NDArray[np.int64]]]


def read_set(bundle: Bundle, part: ExampleSet, task: Task) -> SetAnswers:
    """The answers of a bundle to the examples that are labelled for a task, before calibration.

    Without such examples there are no samples.
    """
    rows: dict[Subset, list[int]] = defaultdict(list)
    scores: dict[Subset, list[Float32]] = defaultdict(list)
    measured: dict[Modality, dict[str, Float32]] = {}
    kept: dict[Modality, list[tuple[EncodedTracks, NDArray[np.int64]]]] = defaultdict(list)
    targets = part.targets(task.name)
    labelled = np.asarray(~np.isnan(targets).any(axis=1))
    every = max(1, len(part) // _KEPT)
    for at, encoded in _encoded(bundle, part, labelled):
        for subset in subsets_of(encoded):
            scores[subset].append(bundle.pool({m: e for m, e in encoded.items() if m in subset}).scores[task.name])
            rows[subset] += at.tolist()
        clear = np.flatnonzero(
            ((targets[at] == targets[at].max(axis=1, keepdims=True)).sum(axis=1) == 1) & (at % every == 0)
        )
        for m, e in encoded.items():
            for name, values in e.measures.items():
                measured.setdefault(m, {}).setdefault(name, np.zeros(len(part), np.float32))[at] = values
            kept[m].append((e.rows(clear), targets[at[clear]].argmax(axis=1)))
    groups = np.asarray([e.group or "" for e in part.examples])
    samples = {
        s: Sample.of(
            np.concatenate(scores[s]),
            targets[at],
            groups[at].tolist(),
            {m: {k: v[at] for k, v in measured[m].items()} for m in s},
        )
        for s, at in rows.items()
    }
    pools = {
        m: (EncodedTracks.stacked([e for e, _ in found]), np.concatenate([y for _, y in found]))
        for m, found in kept.items()
    }
    return SetAnswers(part.name, samples, pools)


def _encoded(
    bundle: Bundle, part: ExampleSet, wanted: NDArray[np.bool_]
) -> Iterator[tuple[NDArray[np.int64], dict[Modality, EncodedTracks]]]:
    """Yield rows of the set that have the same modalities, and their encoded tracks. ``wanted`` bool (N,) chooses the rows."""
    for batch in part.order(_BATCH, None):
        rows = batch[wanted[batch]]
        tracks = [part.tracks(int(i)) for i in rows]
        # The order must be the same in every process, since composites draw by place. That of a set of strings is not.
        for kinds in dict.fromkeys(tuple(t) for t in tracks):
            chosen = [k for k, t in enumerate(tracks) if tuple(t) == kinds]
            yield rows[chosen], {m: bundle.encode(m, [tracks[k][m] for k in chosen]) for m in kinds}


def composites(
    bundle: Bundle, known: Sequence[SetAnswers], subset: Subset, task: Task, channels: Channels | None = None
) -> Sample | None:
    """Answers to composites: a composite joins one example of each modality, all with the same label.

    Given the label, the modalities of a composite are independent. A label is drawn in proportion to its mean share in the
    data of the modalities, where every data set of a modality counts the same. Labels that a modality lacks are not drawn.
    ``None`` where a modality has no example, or where the modalities have no label in common.

    With ``channels``, every label is as likely as any other, and a modality may be silent: then it is an example of the silent
    label. A modality without such an example is never silent.
    """
    rng = np.random.default_rng(0)
    pools = {
        m: [r.kept[m] for r in known if m in r.kept and len(r.kept[m][1])] for m in bundle.modalities if m in subset
    }
    if not all(pools.values()):
        return None
    shares = np.asarray(
        [np.mean([np.bincount(y, minlength=task.size) / len(y) for _, y in p], axis=0) for p in pools.values()]
    )
    usual = shares.mean(axis=0) * (shares > 0).all(axis=0)
    if not usual.any():
        return None
    usual = usual if channels is None else (usual > 0).astype(float)
    labels = rng.choice(task.size, _DRAWN, p=usual / usual.sum())
    scores, measures = [], []
    wholes = {}
    for m, pool in pools.items():
        shown = labels if channels is None else channels.shown(labels, m, task, rng)
        shown = np.where(np.isin(shown, np.concatenate([y for _, y in pool])), shown, labels)
        wholes[m] = EncodedTracks.stacked([e for e, _ in pool]), _drawn(pool, shown, rng)
    for start in range(0, _DRAWN, _BATCH * 8):
        piece = {m: whole.rows(at[start : start + _BATCH * 8]) for m, (whole, at) in wholes.items()}
        scores.append(bundle.pool(piece).scores[task.name])
        measures.append(measures_of(piece))
    joint = {m: {k: np.concatenate([part[m][k] for part in measures]) for k in measures[0][m]} for m in wholes}
    return Sample.of(np.concatenate(scores), np.eye(task.size, dtype=np.float32)[labels], None, joint)


def _drawn(
    pool: Sequence[tuple[EncodedTracks, NDArray[np.int64]]], labels: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """For each label, a random row that has it, from a random data set of the pool that has it."""
    starts = np.cumsum([0, *(len(y) for _, y in pool)])
    places = [
        [start + found for start, (_, y) in zip(starts, pool, strict=False) if len(found := np.flatnonzero(y == label))]
        for label in range(int(labels.max()) + 1)
    ]
    sets = [places[label][rng.integers(len(places[label]))] for label in labels]
    return np.asarray([rng.choice(rows) for rows in sets], np.int64)
