"""How far an answer can be trusted: calibrated probabilities, the set of labels, and whether it is uncertain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from mien.trust.calibration import Calibration, Measures, softened
from mien.trust.guard import Guard, temperature
from mien.trust.label_sets import LabelSets
from mien.types import MODALITIES, Float32, Modality, Task

HALF = 0.5
"""Where nothing was fitted, an answer is uncertain when no label reaches this."""


def subset_name(modalities: Iterable[Modality]) -> str:
    """ "text+voice", in the order of ``MODALITIES``."""
    present = set(modalities)
    return "+".join(m for m in MODALITIES if m in present)


@dataclass(frozen=True)
class Judgement:
    """What was fitted for one task and one subset of the modalities.

    Attributes:
        calibration: from the model's probabilities to those a user reads.
        sets: the conformal sets; ``None`` when none were fitted.
        threshold: an answer whose most probable label is less probable than this is uncertain.
        method: how it was fitted, see ``trust.fit``; "" where nothing was.
        composite: whether it was fitted on composites of single modalities.
    """

    calibration: Calibration
    sets: LabelSets | None = None
    threshold: float = HALF
    method: str = ""
    composite: bool = False

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> Self:
        """Read the entry of a subset in ``bundle.json``."""
        sets = LabelSets.from_table(table["label_sets"])
        threshold, method = table["uncertain"]["below"], table["method"]
        return cls(Calibration.from_table(table["calibration"]), sets, threshold, method, table["composite"])

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
    """The part ``trust`` of a ``bundle.json``: {task: {subset of modalities: judgement}}, and guards.

    Tasks with several labels or a score, and what was never fitted, are left as the model says them.
    """

    def __init__(self, table: Mapping[str, Any], tasks: Iterable[Task]) -> None:
        self._plain = {t.name: Judgement(Calibration.identity(t.size)) for t in tasks if t.kind == "single"}
        self._fitted = {
            (name, subset): Judgement.from_table(entry)
            for name in self._plain
            for subset, entry in table.get("tasks", {}).get(name, {}).items()
        }
        self.guards = tuple(Guard.from_table(entry) for entry in table.get("guards", ()))

    @property
    def fitted(self) -> bool:
        """Whether anything was, or nothing can be: there is no task with a single label."""
        return bool(self._fitted) or not self._plain

    def of(self, task: str, modalities: Iterable[Modality]) -> Judgement | None:
        """For a task and the modalities present; ``None`` for a task with several labels or a score."""
        plain = self._plain.get(task)
        return plain and self._fitted.get((task, subset_name(modalities)), plain)

    def heat(self, measures: Measures, shares: Mapping[Modality, Float32]) -> Float32:
        """What the guards that go off make of the temperature, (N,), by how the fusion weighs each modality present, (N,)."""
        return temperature(self.guards, measures, shares)

    def calibrated(self, scores: Mapping[str, Float32], measures: Measures, heat: Float32) -> dict[str, Float32]:
        """{task: (N, L)} as the model gave them, to what a user reads: calibrated, and less sure by the guards that go off.

        Args:
            scores: the model's.
            measures: of the inputs, with an entry for each modality present.
            heat: (N,), see ``heat``.
        """
        judges = {task: self.of(task, measures) for task in scores}
        return {
            task: rows if (by := judges[task]) is None else softened(by.calibration.apply(rows, measures), heat)
            for task, rows in scores.items()
        }
