"""The part ``trust`` of a ``bundle.json``: what was fitted on validation data, and its effect on test data.

``strict.build`` reads these classes, ``strict.plain`` writes them. The keys in the file are the names of the fields, unless the
metadata of a field give another key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from mien.recipe import strict
from mien.trust.calibration import Calibration
from mien.trust.guard import Guard
from mien.trust.label_sets import LabelSets


@dataclass(frozen=True)
class Abstention:
    """When an answer is called uncertain.

    Attributes:
        risk: largest share of wrong answers among those not called uncertain.
        below: an answer whose most probable label is less probable than this is uncertain.
    """

    risk: float
    below: float


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """What was fitted for one task and one subset of the modalities.

    Attributes:
        data: names of the data sets that it was fitted on.
        composite: whether the examples are composites of single modalities with the same label.
        n: number of examples.
        speakers: number of people; ``None`` where the data do not name all of them.
        method: "temperature", "conditional" (on the recording) or "vector".
        nll: {method: its negative log-likelihood in nats}, cross-validated where a method was chosen.
        calibration: turns the model's probabilities into those that a user gets.
        label_sets: the conformal sets.
        by_label: sets with a quantile for each label. The first bundles held these too; nothing uses them.
        uncertain: when an answer is uncertain.
    """

    data: tuple[str, ...]
    composite: bool
    n: int
    speakers: int | None
    method: str
    nll: Mapping[str, float]
    calibration: Calibration
    label_sets: LabelSets
    by_label: LabelSets | None = field(default=None, metadata=strict.OPTIONAL)
    uncertain: Abstention


@dataclass(frozen=True, kw_only=True)
class Figures:
    """How good the probabilities of some answers are, rounded to four digits.

    Attributes:
        n: number of answers.
        accuracy, ece, brier, nll: the metrics with these names.
        floor, floor_std: mean and deviation of the ECE that perfectly calibrated probabilities would have with as many answers.
        debiased: root mean square calibration error without the part that chance adds.
        aurc: area under the risk-coverage curve, the mean risk over all coverages.
        answered: share of the answers that are not uncertain.
        risk: share of wrong answers among these; 0 where there are none.
        covered: share of the label sets that hold the right label; ``None`` where no label sets were fitted.
        size: mean number of labels in a set; ``None`` where no label sets were fitted.
        ece_95: 95 % interval of the ECE.
    """

    n: int
    accuracy: float
    ece: float
    floor: float
    floor_std: float
    debiased: float
    brier: float
    nll: float
    aurc: float
    answered: float
    risk: float
    covered: float | None = field(default=None, metadata=strict.OPTIONAL)
    size: float | None = field(default=None, metadata=strict.OPTIONAL)
    ece_95: tuple[float, float]

    def metric(self, name: str) -> float | None:
        """The value of a metric; ``None`` where it is not among the figures."""
        return {"accuracy": self.accuracy, "ece": self.ece, "brier": self.brier, "nll": self.nll}.get(name)


@dataclass(frozen=True)
class Effect:
    """The effect of calibration on the answers on one test set.

    Attributes:
        set, task: name of the test set, and of the task.
        modality: the subset of the modalities that the answers are from, such as "text+voice".
        before: figures of the answers as the model gives them.
        after: figures of the calibrated answers. In the file they stand beside ``set``, not under a key of their own.
    """

    set: str
    task: str
    modality: str
    before: Figures
    after: Figures

    @classmethod
    def from_table(cls, table: Mapping[str, Any], place: str) -> Self:
        """Read what ``as_table`` wrote.

        Raises:
            RecipeError: the table is no effect. The message calls it ``place``.
        """
        own = ("set", "task", "modality", "before")
        about: dict[str, Any] = {key: table[key] for key in own if key in table}
        return strict.build(cls, {**about, "after": {k: v for k, v in table.items() if k not in own}}, place)

    def as_table(self) -> dict[str, Any]:
        """Plain values."""
        about = {"set": self.set, "task": self.task, "modality": self.modality, "before": strict.plain(self.before)}
        return {**about, **strict.plain(self.after)}


@dataclass(frozen=True)
class TrustTable:
    """The whole part ``trust``.

    Attributes:
        coverage: rate at which label sets should hold the right label.
        risk: largest share of wrong answers among those not called uncertain.
        tasks: {task: {name of a subset of the modalities: what was fitted for it}}.
        guards: the guards of the bundle.
        measured: the effect on each test set, and on all sets of a subset of the modalities together.
    """

    coverage: float
    risk: float
    tasks: Mapping[str, Mapping[str, Fitted]]
    guards: tuple[Guard, ...]
    measured: tuple[Effect, ...]
