"""A fusion of one's own from a file, compared with a shipped one: ``python examples/own_fusion.py``. It needs ``train``."""

import tempfile
from pathlib import Path

from made_up import RECIPE, write

import mien
from mien.errors import RecipeError

MINE = Path(__file__).with_name("own") / "loudest.toml"

with tempfile.TemporaryDirectory() as folder:
    write(Path(folder, "clips.npz"))
    try:
        mien.train(MINE, runs=Path(folder, "runs"), data_root=folder)
    except RecipeError as error:
        print(f"not run: {error}")

    for recipe in (RECIPE, MINE):
        trained = mien.train(recipe, seeds=[0, 1], runs=Path(folder, "runs"), data_root=folder, allow_code=True)
        (row,) = (row for row in trained.results if row.metric == "macro_f1")
        print(
            f"{trained.bundle.recipe.name}, {row.metric}: {row.value:.3f}, always the commonest answer: {row.majority:.3f}"
        )
