"""The result of a training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mien.data.corpus import Corpus
from mien.data.sets import ExampleSet, example_sets, shown
from mien.encoders.base import Encoder
from mien.events import Work
from mien.model.model import Model
from mien.model.trunks import put_together
from mien.person import Population
from mien.recipe.recipe import Recipe
from mien.runtime.cache import file_sha256
from mien.runtime.run_folder import WEIGHTS
from mien.types import Modality


@dataclass(frozen=True)
class Run:
    """A finished training: the model in evaluation mode on the CPU, and everything it was made from.

    Attributes:
        model: it takes examples that the ``readers`` prepared. After ``whole`` it takes examples of the ``encoders``.
        encoders: the encoders of the recipe.
        readers: the encoders, followed by the frozen parts of their networks (``model/trunks.py``).
        recipe: the recipe that was trained.
        folder: folder of the run.
        corpus: the recipe's data.
        train: the training sets, as the readers prepared them.
        valid: the validation sets, as the readers prepared them.
        valid_loss: validation loss of the kept weights; ``None`` without validation data.
        populations: {modality: population} for modalities with a person baseline.
        lineage: {modality: recipe of the run whose weights it started from}.
        seconds: how long the loop ran, without preparing the data, with the time of interrupted runs.
    """

    model: Model
    encoders: dict[Modality, Encoder]
    readers: dict[Modality, Encoder]
    recipe: Recipe
    folder: Path
    corpus: Corpus
    train: Sequence[ExampleSet]
    valid: Sequence[ExampleSet]
    valid_loss: float | None
    populations: dict[Modality, Population]
    lineage: dict[Modality, Recipe]
    seconds: float

    @property
    def probe(self) -> list[ExampleSet]:
        """Real examples of every modality: the validation sets, and the training sets too where those lack a modality."""
        return [*self.valid, *(self.train if self.probes_train else [])]

    @property
    def probes_train(self) -> bool:
        """Whether the validation sets lack a modality."""
        return not all(shown(self.valid, m) for m in self.recipe.encoders)

    @property
    def weights(self) -> str:
        """SHA-256 of the file that holds the model's weights."""
        return file_sha256(self.folder / WEIGHTS)

    def sets(self, split: str) -> Work[list[ExampleSet]]:
        """The data sets of one split, prepared by the readers."""
        return example_sets(self.corpus, split, self.readers, self.recipe.encoders, self.populations)


def whole(run: Run) -> Work[Run]:
    """The same run with a model that takes the tracks of its encoders.

    An exported graph also holds the frozen part of a network, unless a person baseline follows it. The run's own model is
    changed.
    """
    related = run.populations.keys()
    if not set(run.model.bodies) - set(related):
        return run
    put_together(run.model, related)
    kept = replace(run, readers={m: run.readers[m] if m in related else e for m, e in run.encoders.items()})
    kept = replace(kept, valid=(yield from kept.sets("valid")))
    # There are many training data, so they are prepared again only where the validation data lack a modality.
    return replace(kept, train=(yield from kept.sets("train"))) if kept.probes_train else kept
