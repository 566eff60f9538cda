"""How far an answer can be trusted: calibrated probabilities, the set of labels, and whether it is uncertain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from mien.trust.calibration import Calibration, Measures, softened
from mien.trust.guard import Guard, temperature
from mien.trust.label_sets import LabelSets
from mien.trust.table import Fitted, TrustTable
from mien.types import MODALITIES, Float32, Modality, Task

HALF = 0.5
"""Where nothing was fitted, an answer is uncertain when no label reaches this."""


def subset_name(modalities: Iterable[Modality]) -> str:
    """ "text+voice", in the order of ``MODALITIES``."""
    present = set(modalities)
    return "+".join(m for m in MODALITIES if m in present)


@dataclass(frozen=True)
class Judgement:
    """How the answers to one task by one subset of the modalities are judged.

    Attributes:
        calibration: from the model's probabilities to those a user reads.
        sets: the conformal sets; ``None`` when none were fitted.
        threshold: an answer whose most probable label is less probable than this is uncertain.
        method: how the calibration was fitted, see ``Fitted``; "" where it was not.
        composite: whether it was fitted on composites of single modalities.
    """

    calibration: Calibration
    sets: LabelSets | None = None
    threshold: float = HALF
    method: str = ""
    composite: bool = False

    @classmethod
    def of(cls, fitted: Fitted) -> Self:
        """By what was fitted."""
        return cls(
            fitted.calibration, fitted.label_sets, fitted.uncertain.below, fitted.method, composite=fitted.composite
        )

    def label_set(self, scores: Float32, labels: tuple[str, ...]) -> tuple[str, ...]:
        """The set for one answer's calibrated scores (L,), most probable first; empty when none were fitted."""
        if self.sets is None:
            return ()
        inside = self.sets.members(scores[None])[0]
        return tuple(labels[i] for i in (-scores).argsort(kind="stable") if inside[i])

    def uncertain(self, scores: Float32) -> bool:
        """Whether the most probable label of calibrated scores (L,) is not probable enough."""
        return bool(scores.max() < self.threshold)


class Trust:
    """The judgements of a bundle, by task and subset of the modalities, and its guards.

    Tasks with several labels or a score, and what was never fitted, are left as the model says them.

    Args:
        table: what was fitted; ``None`` where nothing was.
        tasks: of the bundle.
    """

    def __init__(self, table: TrustTable | None, tasks: Iterable[Task]) -> None:
        self._plain = {t.name: Judgement(Calibration.identity(t.size)) for t in tasks if t.kind == "single"}
        fitted = {} if table is None else table.tasks
        self._fitted = {
            (task, subset): Judgement.of(entry)
            for task in self._plain
            for subset, entry in fitted.get(task, {}).items()
        }
        self.guards: tuple[Guard, ...] = () if table is None else table.guards

    @property
    def fitted(self) -> bool:
        """Whether anything was fitted, or nothing can be: there is no task with a single label."""
        return bool(self._fitted) or not self._plain

    def of(self, task: str, modalities: Iterable[Modality]) -> Judgement | None:
        """For a task and the modalities present; ``None`` for a task with several labels or a score."""
        plain = self._plain.get(task)
        return plain and self._fitted.get((task, subset_name(modalities)), plain)

    def temperature(self, measures: Measures, shares: Mapping[Modality, Float32]) -> Float32:
        """What the guards that are triggered do to the confidence, (N,).

        Args:
            measures: of the inputs, with an entry for each modality present.
            shares: how the fusion weighs each modality present, (N,).
        """
        return temperature(self.guards, measures, shares)

    def calibrated(self, scores: Mapping[str, Float32], measures: Measures, temperature: Float32) -> dict[str, Float32]:
        """Scores as a user reads them, {task: (N, L)}: calibrated, and less sure by the guards.

        Args:
            scores: as the model gives them.
            measures: of the inputs, with an entry for each modality present.
            temperature: (N,), see ``temperature``.
        """
        found = {}
        for task, rows in scores.items():
            judgement = self.of(task, measures)
            found[task] = rows
            if judgement is not None:
                found[task] = softened(judgement.calibration.apply(rows, measures), temperature)
        return found
