"""What a bundle says of one segment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from mien.errors import InputError
from mien.types import Float32, Modality, Task

Subset = frozenset[Modality]


def subsets_of(modalities: Iterable[Modality]) -> list[Subset]:
    """All subsets but the empty one, the smallest first, in the order of the modalities given."""
    given = list(modalities)
    return [frozenset(chosen) for size in range(1, len(given) + 1) for chosen in combinations(given, size)]


@dataclass(frozen=True)
class Answer:
    """What a bundle says of one segment.

    Attributes:
        scores: {task: float32 (L,)}, calibrated probabilities (or the score).
        weights: how the fusion weighs each modality that is present; they sum to 1.
        subsets: {modalities: {task: float32 (L,)}}, the answer from every subset of those present; from the empty one it is
            ``Bundle.prior``, from all of them ``scores``.
        uncalibrated: ``scores`` as the fusion graph gave them.
        label_sets: {task: labels, most probable first} that hold the right one at the bundle's coverage; a task for which
            no sets were fitted has an empty one.
        uncertain: tasks whose most probable label is not probable enough to be relied on.
        reasons: what makes answers less sure beside that, by ``mien.trust.guard.REASONS``.
        temperature: of the guards that were triggered; 1 where none was.
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
        """{modality: {task: float32 (L,)}}, the answer from that modality alone."""
        return {m: self.subsets[frozenset([m])] for m in self.weights}


def single(tasks: Sequence[Task], name: str | None = None) -> Task:
    """The task that is read and explained: one whose answer is one of several labels.

    Args:
        tasks: of a bundle.
        name: which; ``None`` for the first of its kind.

    Raises:
        InputError: there is none, or none of that name.
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
