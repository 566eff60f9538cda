"""The folder of a training, and the names of what lies in it. Torch is not needed to read them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mien.errors import InputError

RECIPE = "recipe.json"
"""The recipe as plain values."""
DATA = "data.json"
"""A hash of what its data sets held."""
WEIGHTS = "weights.safetensors"
"""All parameters and buffers that are kept."""
CHECKPOINT = "checkpoint.safetensors"
"""What an unfinished training goes on from."""
LOG = "log.txt"
"""A line for each validation."""
SCALARS = "scalars.csv"
"""(step, name, value)."""
TENSORBOARD = "tensorboard"
"""The folder with the same for TensorBoard."""
BUNDLE = "bundle"
"""The folder of the exported bundle."""
PREDICTIONS = "predictions.npz"
"""The answers to every validation and test example."""
RESULTS = "results.json"
"""Rows of measured results."""
RECORD = "record.json"
"""What a report needs to know of the training."""
REPORT = "report.html"
"""The page about it."""


def run_folder(runs: Path, name: str, seed: int) -> Path:
    """``runs/<name>/seed<seed>``: the folder of a recipe that is trained with a seed."""
    return runs / name / f"seed{seed}"


def load_recipe(folder: Path) -> dict[str, Any]:
    """The recipe of a run as plain values; ``recipe.strict.build`` checks them.

    Raises:
        InputError: the folder holds no recipe that can be read.
    """
    path = folder / RECIPE
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            f"'{folder}' is not the folder of a run: {RECIPE} cannot be read ({error.strerror})"
        ) from error
    except ValueError as error:
        raise InputError(f"'{path}' is damaged; train the recipe again into another folder") from error
    if not isinstance(table, dict):
        raise InputError(f"'{path}' holds no recipe; train the recipe again into another folder")
    return table
