"""A finished training."""

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
    """A finished training: the model in evaluation mode on the CPU, what it was made from, and where it lies.

    Attributes:
        model: it answers examples that the ``readers`` prepared; ``whole`` makes it answer those of the ``encoders``.
        encoders: what the recipe names.
        readers: the encoders, with what never learned run through (``model/trunks.py``).
        recipe: what was trained.
        folder: of the run.
        corpus: the recipe's data.
        train: the training sets, as the readers prepared them.
        valid: the validation sets, the same way.
        valid_loss: of the weights that were kept; ``None`` without validation data.
        populations: of the modalities with a person baseline.
        lineage: recipes of the runs whose weights it started from.
        seconds: how long the loop ran, without preparing the data; runs that were broken off are counted too.
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
        """Real examples of every modality: the validation sets, with the training sets where they lack one."""
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
        """The sets of one split, prepared as the model takes them."""
        return example_sets(self.corpus, split, self.readers, self.recipe.encoders, self.populations)


def whole(run: Run) -> Work[Run]:
    """The same run with a model that answers what its encoders prepare.

    An exported graph holds the part that never learned too, unless a person baseline stands between the two. The run's own
    model is changed.
    """
    related = run.populations.keys()
    if not set(run.model.bodies) - set(related):
        return run
    put_together(run.model, related)
    kept = replace(run, readers={m: run.readers[m] if m in related else e for m, e in run.encoders.items()})
    kept = replace(kept, valid=(yield from kept.sets("valid")))
    # Training data are many: they are prepared once more only where something can be seen in them alone.
    return replace(kept, train=(yield from kept.sets("train"))) if kept.probes_train else kept
