"""Turns encoded tracks into an answer: every subset of the modalities is fused and calibrated."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from mien.bundle.answer import Answer, subsets_of
from mien.bundle.encoded import EncodedTracks, measures_of
from mien.bundle.graphs import Pooled
from mien.trust.judgement import Trust
from mien.types import Float32, Modality, Task


class Calibrated(NamedTuple):
    """Calibrated ``scores`` {task: float32 (B, L)}, and the ``temperature`` float32 (B,) of the guards in them."""

    scores: dict[str, Float32]
    temperature: Float32


def calibrated(trust: Trust, encoded: Mapping[Modality, EncodedTracks], pooled: Pooled) -> Calibrated:
    """Calibrates the output of the fusion graph.

    Args:
        trust: of the bundle.
        encoded: the modalities that are present.
        pooled: the output of the fusion graph for them.
    """
    measures = measures_of(encoded)
    temperature = trust.temperature(measures, pooled.weights)
    return Calibrated(trust.calibrated(pooled.scores, measures, temperature), temperature)


def answer_to(
    encoded: Mapping[Modality, EncodedTracks],
    pool: Callable[[Mapping[Modality, EncodedTracks]], Pooled],
    trust: Trust,
    tasks: Sequence[Task],
    prior: Mapping[str, Float32],
) -> Answer:
    """The answer for one segment.

    Args:
        encoded: its modalities, at least one; B is 1.
        pool: runs the fusion graph.
        trust: of the bundle.
        tasks: of the bundle.
        prior: the answer without any modality, {task: float32 (L,)}.
    """
    subsets = {frozenset[Modality](): prior}
    for chosen in subsets_of(encoded):
        part = {m: e for m, e in encoded.items() if m in chosen}
        pooled = pool(part)
        found = calibrated(trust, part, pooled)
        subsets[chosen] = first_row(found.scores)
    # The last subset holds all modalities.
    scores = subsets[frozenset(encoded)]
    judgements = {t: j for t in tasks if (j := trust.of(t.name, encoded)) is not None}
    measures = measures_of(encoded)
    reasons = [guard.reason for guard in trust.guards if guard.triggered(measures).any()]
    return Answer(
        scores=scores,
        weights={m: float(weight[0]) for m, weight in pooled.weights.items()},
        subsets=subsets,
        uncalibrated=first_row(pooled.scores),
        label_sets={t.name: j.label_set(scores[t.name], t.labels) for t, j in judgements.items()},
        uncertain=frozenset(t.name for t, j in judgements.items() if j.uncertain(scores[t.name])),
        reasons=tuple(dict.fromkeys(reasons)),
        temperature=float(found.temperature[0]),
    )


def first_row(scores: Mapping[str, Float32]) -> dict[str, Float32]:
    """The scores of the first segment for each task: (B, L) becomes (L,)."""
    return {task: rows[0] for task, rows in scores.items()}
