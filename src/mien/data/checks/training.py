"""What a training would make of a manifest, asked of the code that trains."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from mien.data.load import segment_of
from mien.data.manifest import read
from mien.data.own import COLUMNS_OF, own_data
from mien.encoders.base import encoders
from mien.errors import InputError, RecipeError
from mien.recipe.recipe import EncoderTable, Recipe
from mien.types import Clip, Task

Reads = Callable[[str], bool]
"""Whether an encoder makes anything of a text."""


def refusal(manifest: Path, recipe: Recipe | None, columns: Collection[str], tasks: Sequence[Task]) -> str:
    """Why it cannot be trained on; "" when it can. Without a recipe: by one that reads all that there are columns for."""
    if recipe is None:
        named = {m: EncoderTable(m) for m, names in COLUMNS_OF.items() if any(name in columns for name in names)}
        recipe = Recipe("check", named, (), tasks=tuple(tasks))
    try:
        plan = own_data(recipe, manifest, lambda _: None)
        (source,) = plan.data
        examples = read(source, plan.tasks, Path())
    except RecipeError as error:
        return str(error)
    return "" if any(e.split == source.train for e in examples) else "no row of its split 'train' has a label"


def text_reader(recipe: Recipe | None) -> Reads | None:
    """How the recipe's encoder of texts reads one; ``None`` when it has none, or none that works here.

    Only texts are read: of sounds and pictures it would take as long as a training's preparation.
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
        return None  # which a training says
    return reads
