"""The answer of a bundle about one segment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from mien.errors import InputError
from mien.types import Float32, Modality, Task

Subset = frozenset[Modality]


def subsets_of(modalities: Iterable[Modality]) -> list[Subset]:
    """All subsets of the given modalities without the empty one, the smallest first."""
    given = list(modalities)
    return [frozenset(chosen) for size in range(1, len(given) + 1) for chosen in combinations(given, size)]


@dataclass(frozen=True)
class Answer:
    """The answer of a bundle about one segment.

    Attributes:
        scores: {task: float32 (L,)}: calibrated probabilities, or the score of a task of kind "score".
        weights: how the fusion weighs each modality that is present; they sum to 1.
        subsets: {modalities: {task: float32 (L,)}}: the answer from every subset of the modalities that are present. For
            the empty subset it is ``Bundle.prior``, and for all of them ``scores``.
        uncalibrated: ``scores`` as the fusion graph gave them.
        label_sets: {task: labels, most probable first}. The set holds the right label with the bundle's coverage; it is
            empty for a task without fitted label sets.
        uncertain: tasks whose most probable label is not probable enough to be relied on.
        reasons: what else makes the answer less sure, see ``mien.trust.guard.REASONS``.
        temperature: of the guards that were triggered; 1 when none was.
    """

    scores: Mapping[str, Float32]
    weights: Mapping[Modality, float]
    subsets: Mapping[Subset, Mapping[str, Float32]]
    uncalibrated: Mapping[str, Float32] = field(default_factory=dict)
    label_sets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    uncertain: frozenset[str] = frozenset()
    reasons: tuple[str, ...] = ()
    temperature: float = 1.0

    @property
    def opinions(self) -> dict[Modality, Mapping[str, Float32]]:
        """{modality: {task: float32 (L,)}}: the answer from that modality alone."""
        return {m: self.subsets[frozenset([m])] for m in self.weights}


def single(tasks: Sequence[Task], name: str | None = None) -> Task:
    """The task that is answered with one label of several, so that it can be shown and explained.

    Args:
        tasks: of a bundle.
        name: of the task; ``None`` for the first task of this kind.

    Raises:
        InputError: there is no such task, or none with that name.
    """
    found = {t.name: t for t in tasks if t.kind == "single"}
    if not found:
        others = ", ".join(f"'{t.name}' ({t.kind})" for t in tasks)
        raise InputError(
            f"the bundle answers with no single label, only {others}; see how well it does with mien evaluate, "
            "or ask it with Bundle.answer"
        )
    if name is not None and name not in found:
        raise InputError(f"the bundle has no task '{name}' that is answered with one label; it has: {', '.join(found)}")
    return found[name or next(iter(found))]
