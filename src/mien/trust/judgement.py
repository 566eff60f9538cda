"""How far an answer can be trusted: calibrated probabilities, the set of labels, and whether it is uncertain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from mien.trust.calibration import Calibration, Measures, softened
from mien.trust.guard import Guard, temperature
from mien.trust.label_sets import LabelSets
from mien.trust.prior import expecting
from mien.trust.table import Fitted, TrustTable
from mien.types import MODALITIES, Float32, Modality, Task

HALF = 0.5
"""The threshold where nothing was fitted: an answer is uncertain when no label is as probable as this."""


def subset_name(modalities: Iterable[Modality]) -> str:
    """Name of a subset of the modalities, such as "text+voice", in the order of ``MODALITIES``."""
    present = set(modalities)
    return "+".join(m for m in MODALITIES if m in present)


@dataclass(frozen=True)
class Judgement:
    """Calibration, label sets and threshold for the answers to one task from one subset of the modalities.

    Attributes:
        calibration: turns the model's probabilities into those that a user gets.
        sets: the conformal sets; ``None`` where none were fitted.
        threshold: an answer whose most probable label is less probable than this is uncertain.
        method: how the calibration was fitted, see ``Fitted``; "" where it was not fitted.
        composite: whether it was fitted on composites of single modalities.
    """

    calibration: Calibration
    sets: LabelSets | None = None
    threshold: float = HALF
    method: str = ""
    composite: bool = False

    @classmethod
    def of(cls, fitted: Fitted) -> Self:
        """The judgement with what was fitted."""
        return cls(
            fitted.calibration, fitted.label_sets, fitted.uncertain.below, fitted.method, composite=fitted.composite
        )

    def label_set(self, scores: Float32, labels: tuple[str, ...]) -> tuple[str, ...]:
        """The label set of one answer with calibrated scores (L,), most probable first; empty where no sets were fitted."""
        if self.sets is None:
            return ()
        inside = self.sets.members(scores[None])[0]
        return tuple(labels[i] for i in (-scores).argsort(kind="stable") if inside[i])

    def uncertain(self, scores: Float32) -> bool:
        """Whether the most probable label of calibrated scores (L,) is below the threshold."""
        return bool(scores.max() < self.threshold)


class Trust:
    """The judgements of a bundle, by task and subset of the modalities, and its guards.

    Answers to multi-label and score tasks stay as the model gives them, and so do answers for which nothing was fitted.

    Args:
        table: what was fitted; ``None`` where nothing was fitted.
        tasks: the tasks of the bundle.
        priors: {task: float32 (L,)}: the share of each label that answers expect; tasks that are left out expect even shares.
    """

    def __init__(
        self, table: TrustTable | None, tasks: Iterable[Task], priors: Mapping[str, Float32] | None = None
    ) -> None:
        self._priors = dict(priors or {})
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
        """Whether anything was fitted. Also true where nothing can be fitted, because no task is single-label."""
        return bool(self._fitted) or not self._plain

    def of(self, task: str, modalities: Iterable[Modality]) -> Judgement | None:
        """The judgement for a task and the modalities present; ``None`` for a multi-label or score task."""
        plain = self._plain.get(task)
        return plain and self._fitted.get((task, subset_name(modalities)), plain)

    def temperature(self, measures: Measures, shares: Mapping[Modality, Float32]) -> Float32:
        """The temperature of the triggered guards, (N,); 1 where none is triggered.

        Args:
            measures: of the inputs, with an entry for each modality present.
            shares: weights of the fusion for each modality present, (N,).
        """
        return temperature(self.guards, measures, shares)

    def calibrated(self, scores: Mapping[str, Float32], measures: Measures, temperature: Float32) -> dict[str, Float32]:
        """Scores as a user gets them, {task: (N, L)}: calibrated, and softened by the temperature of the guards.

        Args:
            scores: as the model gives them, {task: (N, L)}.
            measures: of the inputs, with an entry for each modality present.
            temperature: (N,), see ``temperature``.
        """
        found = {}
        for task, rows in scores.items():
            judgement = self.of(task, measures)
            found[task] = rows
            if judgement is not None:
                found[task] = softened(judgement.calibration.apply(rows, measures), temperature)
        return self.expected(found)

    def expected(self, scores: Mapping[str, Float32]) -> dict[str, Float32]:
        """Probabilities of an even prior, {task: (N, L)}, as they are under the priors of ``Trust``."""
        return {t: expecting(rows, self._priors[t]) if t in self._priors else rows for t, rows in scores.items()}
