"""What a comparison trains: recipes, all with the same seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mien.data.corpus import Corpus
from mien.errors import InputError
from mien.evaluation.boards import Entrant, Outcome
from mien.events import Work
from mien.metrics.base import named
from mien.runtime.cache import content_key
from mien.study.trial import evaluate_entrant, steps


@dataclass(frozen=True)
class Plan:
    """What is compared, and how.

    Attributes:
        entrants: the recipes; the others are tested against the first.
        seeds: each recipe is trained with all of them.
        folds: whether all folds of the data are run, and their test predictions pooled. Else only the recipe's fold is run.
        metric: the metric that systems are compared by; ``None`` for the usual metric of each task.
        subsets: whether systems are also evaluated with missing modalities.
        fresh: whether finished trainings are repeated.

    Raises:
        InputError: there is no seed, or no task has the metric.
    """

    entrants: tuple[Entrant, ...]
    seeds: tuple[int, ...]
    folds: bool = False
    metric: str | None = None
    subsets: bool = False
    fresh: bool = False

    def __post_init__(self) -> None:
        if not self.seeds:
            raise InputError("a comparison needs at least one seed")
        if self.metric is not None:
            named(self.metric, [task for entrant in self.entrants for task in entrant.recipe.tasks])

    @property
    def trainings(self) -> int:
        """Number of trainings."""
        return sum(1 for entrant in self.entrants for _ in steps(entrant, self.seeds, self.folds))

    @property
    def name(self) -> str:
        """The name of its folder. The same plan has the same name."""
        recipes = [(e.label, e.recipe.as_table()) for e in self.entrants]
        return f"compare-{content_key([recipes, self.seeds, self.folds, self.metric, self.subsets])[:10]}"


def outcomes(plan: Plan, corpora: Sequence[Corpus], runs: Path) -> Work[tuple[Outcome, ...]]:
    """Train what is not finished, and evaluate all systems on the test data. Data that several recipes share are read once.

    Progress of the stage "compare" counts all trainings.

    Args:
        plan: see ``Plan``.
        corpora: the data of each entrant.
        runs: folder of all runs.

    Raises:
        RecipeError: folds are asked for and an entrant's data have none, or a manifest has a mistake.
        DivergedError: the loss of a training is not finite.
    """
    read: list[Corpus] = []
    found: list[Outcome] = []
    done = 0
    for entrant, corpus in zip(plan.entrants, corpora, strict=True):
        given = next(
            (c for c in read if (c.sources, c.tasks, c.root) == (corpus.sources, corpus.tasks, corpus.root)), corpus
        )
        read.append(given)
        counted = done, plan.trainings
        work = evaluate_entrant(entrant, plan.seeds, given, runs, plan.folds, plan.fresh, plan.subsets, *counted)
        found.append((yield from work))
        done += sum(1 for _ in steps(entrant, plan.seeds, plan.folds))
    return tuple(found)
