"""What is refused before a training begins."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from mien.data import degrade
from mien.data.sets import ExampleSet, shown
from mien.encoders.base import encoders
from mien.errors import RecipeError
from mien.fusion.base import fusions
from mien.recipe.recipe import Recipe
from mien.training import objectives


def check_names(recipe: Recipe) -> None:
    """Check the names of all parts of a recipe before any data are read.

    Raises:
        RecipeError: an objective or a way to degrade is unknown, a table has no name, or torch cannot use the name of a task.
        UnknownNameError: an encoder or fusion is unknown. The message names the closest one.
    """
    for table in recipe.encoders.values():
        encoders.get(table.name)
    fusions.named(recipe.fusion)
    for task in recipe.tasks:
        if hasattr(nn.ModuleDict(), task.name):
            raise RecipeError(
                f"a task cannot be called '{task.name}', a name that torch keeps for itself; choose another"
            )
    for auxiliary in recipe.train.auxiliary:
        objectives.check_name(auxiliary)
    for how in (h for source in recipe.data for h in source.degrade if h):
        degrade.way(how)


def check_taught(recipe: Recipe, sets: Sequence[ExampleSet]) -> None:
    """Refuse a training without examples for a part of the model.

    Raises:
        RecipeError: there is no training example, or none with a modality that does not start from another run.
    """
    if not sets:
        raise RecipeError(f"the recipe '{recipe.name}' finds no training examples")
    for modality, table in recipe.encoders.items():
        if table.start is None and not shown(sets, modality):
            raise RecipeError(
                f"no training example of '{recipe.name}' has {modality}; add some, or leave it out: --set -encoders.{modality}"
            )
