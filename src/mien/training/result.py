"""A finished training, and the sets of examples that trained and judge it."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from mien.data.batch import ExampleSet, load_sets, shown
from mien.encoders.base import Encoder
from mien.errors import RecipeError
from mien.model.model import Model
from mien.model.trunks import put_together
from mien.person import Population
from mien.recipe.recipe import Recipe
from mien.runtime.cache import file_sha256
from mien.runtime.run_folder import WEIGHTS
from mien.training.devices import is_first_process
from mien.types import Modality


@dataclass(frozen=True)
class Run:
    """A finished training: the model in evaluation mode on the CPU, what it was made from, and where it lies.

    Attributes:
        model: it answers examples that the ``readers`` prepared; ``whole`` makes it answer those of the ``encoders``.
        readers: the encoders, with what never learned run through (``frozen.py``).
        train: the training sets, as the readers prepared them.
        valid: the validation sets, the same way.
        populations: of the modalities with a person baseline.
        lineage: recipes of the runs whose weights it started from.
        seconds: how long the loop ran, without preparing the data.
    """

    model: Model
    encoders: dict[Modality, Encoder]
    readers: dict[Modality, Encoder]
    recipe: Recipe
    folder: Path
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

    def sets(self, split: str, root: Path, quiet: bool = False) -> list[ExampleSet]:
        """The sets of one split, as the model takes them."""
        with progress_bars(quiet) as bars:
            return example_sets(self.recipe, split, self.readers, root, bars, self.populations)


def whole(run: Run, root: Path, quiet: bool = False) -> Run:
    """The same run with a model that answers what its encoders prepare: an exported graph holds the part that never learned
    too, unless a person baseline stands between the two."""
    related = run.populations.keys()
    if not set(run.model.bodies) - set(related):
        return run
    put_together(run.model, related)
    kept = replace(run, readers={m: run.readers[m] if m in related else e for m, e in run.encoders.items()})
    kept = replace(kept, valid=kept.sets("valid", root, quiet))
    # Training data are many: they are prepared once more only where something can be seen in them alone.
    return replace(kept, train=kept.sets("train", root, quiet)) if kept.probes_train else kept


def example_sets(
    recipe: Recipe,
    split: str,
    parts: Mapping[Modality, Encoder],
    root: Path,
    bars: Progress,
    populations: Mapping[Modality, Population] | None = None,
    spoilt: tuple[str, int] | None = None,
    needed: bool = False,
) -> list[ExampleSet]:
    """The recipe's sets of one split, prepared by the encoders, with a progress bar each; the modalities of ``populations``
    relative to what is usual for their person. For ``spoilt`` see ``load_sets``.

    What could not be read is told on the error stream; sets of which nothing could be are left out.

    Raises:
        RecipeError: for ``needed``, where there are clips in the split and not one could be read.
    """

    def follow(label: str, size: int) -> Callable[[int], None]:
        # Each encoder goes over all examples.
        bar = bars.add_task(f"prepare {label}", total=size * len(parts))
        return lambda step: bars.advance(bar, step)

    names = {m: t.name for m, t in recipe.encoders.items()}
    found = load_sets(recipe.data, split, parts, names, recipe.tasks, root, follow, spoilt)
    if spoilt is None and is_first_process():  # what is spoilt was read unspoilt before
        for part in found:
            _tell(part.name, split, tuple(part.account()))
    sets = [s for s in found if len(s)]
    if needed and found and not sets:
        why = found[0].account()[0]
        raise RecipeError(f"no {split} clip of '{recipe.name}' can be read ({why}); mien data check names every one")
    for part, (modality, population) in itertools.product(sets, (populations or {}).items()):
        part.relate(modality, population)
    return sets


@cache
def _tell(name: str, split: str, lines: tuple[str, ...]) -> None:
    """Once, however often a set is read: for each seed, fold and export."""
    for line in lines:
        said = f"{name} {split}: {line}"
        # Names of files must not command the terminal.
        shown = "".join(c if c.isprintable() else " " for c in said)
        # Through ``sys.stderr``, which Rich takes care of while bars are shown.
        sys.stderr.write(f"{shown}\n")


@contextmanager
def progress_bars(quiet: bool = False) -> Iterator[Progress]:
    """Bars on the terminal's error stream."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, disable=quiet, console=Console(stderr=True)) as bars:
        yield bars
