"""Builds the model of a recipe."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from mien.encoders.base import Encoder, encoders
from mien.errors import RecipeError
from mien.fusion.base import fusions
from mien.model.model import Model
from mien.recipe.recipe import Recipe
from mien.types import Modality


def build(recipe: Recipe) -> tuple[Model, dict[Modality, Encoder]]:
    """The untrained model of a recipe, and its encoders. The weights depend on the recipe's seed.

    Raises:
        RecipeError: a table has a wrong argument, an encoder is for another modality, or there is no text to align to.
        InputError: an encoder or fusion is unknown, or refuses its arguments.
    """
    parts: dict[Modality, Encoder] = {}
    for modality, table in recipe.encoders.items():
        part = encoders.build({"name": table.name, **table.options})
        if part.modality != modality:
            raise RecipeError(f"'{table.name}' reads {part.modality}; it cannot stand under [encoders.{modality}]")
        parts[modality] = part
    torch.manual_seed(recipe.seed)
    networks = {m: e.network() for m, e in parts.items()}
    dims = {m: int(n.dim) for m, n in networks.items()}  # type: ignore[arg-type]  # Encoder.network's contract
    quality = {m: len(e.quality_names) for m, e in parts.items()}
    fusion = fusions.build(recipe.fusion, dims=dims, quality=quality, tasks=recipe.tasks)
    if recipe.align.how == "words" and "text" not in parts:
        raise RecipeError("align.how = 'words' takes the clock of the text, and the recipe has no [encoders.text]")
    return Model(networks, fusion, recipe.tasks, recipe.align), parts


def choose(model: Model, prefixes: Sequence[str]) -> None:
    """Freeze all parameters whose names start with none of the prefixes. What an encoder has frozen stays frozen.

    Raises:
        RecipeError: no parameter would learn.
    """
    chosen = 0
    for name, parameter in model.named_parameters():
        parameter.requires_grad = parameter.requires_grad and any(name.startswith(p) for p in prefixes)
        chosen += parameter.requires_grad
    if not chosen:
        raise RecipeError(f"train.learn = {list(prefixes)} matches no parameter of the model")
