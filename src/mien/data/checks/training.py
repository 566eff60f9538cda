"""Tells whether a manifest can be trained on. It asks the code that trains."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from mien.data.checks.columns import COLUMNS_OF
from mien.data.load import segment_of
from mien.data.own import own_data
from mien.data.rows import Row
from mien.encoders.base import encoders
from mien.errors import InputError, RecipeError
from mien.events import finish
from mien.recipe.recipe import Recipe
from mien.recipe.sections import EncoderTable
from mien.types import Clip, Task

Reads = Callable[[str], bool]
"""A function that tells whether an encoder can use a text."""


def refusal(manifest: Path, recipe: Recipe | None, rows: Sequence[Row], tasks: Sequence[Task]) -> str:
    """Why a manifest with these rows cannot be trained on; "" when it can.

    Without a recipe, a recipe is assumed that reads every modality that has a column.
    """
    if recipe is None:
        named = {m: EncoderTable(m) for m, names in COLUMNS_OF.items() if any(name in rows[0] for name in names)}
        recipe = Recipe("check", named, (), tasks=tuple(tasks))
    try:
        _, corpus = finish(own_data(recipe, manifest, rows=rows))
        ((_, examples),) = corpus.split("train")
    except RecipeError as error:
        return str(error)
    return "" if examples else "no row of its split 'train' has a label"


def text_reader(recipe: Recipe | None) -> Reads | None:
    """A function that tells whether the recipe's text encoder can use a text.

    It is ``None`` when the recipe has no text encoder, or when the encoder does not work on this machine. There is no such
    check for sounds and pictures, because it would take as long as the preparation of a training.
    """
    table = recipe.encoders.get("text") if recipe is not None else None
    if table is None or table.name == "features":
        return None
    try:
        encoder = encoders.build({"name": table.name, **table.options})

        def reads(text: str) -> bool:
            segment = segment_of(Clip("", text=text), "text")
            return segment is not None and encoder.prepare(segment) is not None

        reads("a word")
    except InputError:
        return None  # a training gives this error
    return reads
