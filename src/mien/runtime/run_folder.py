"""The folder of a training run, and the names of its files. Torch is not needed to read them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mien.errors import InputError
from mien.files.tables import read_table

RECIPE = "recipe.json"
"""The recipe as plain values."""
DATA = "data.json"
"""A hash of the content of its data sets."""
WEIGHTS = "weights.safetensors"
"""All parameters and buffers that are kept."""
CHECKPOINT = "checkpoint.safetensors"
"""The state from which an unfinished training continues."""
LOG = "log.txt"
"""One line for each validation."""
SCALARS = "scalars.csv"
"""Rows of (step, name, value)."""
TENSORBOARD = "tensorboard"
"""The folder with the same values for TensorBoard."""
BUNDLE = "bundle"
"""The folder of the exported bundle."""
PREDICTIONS = "predictions.npz"
"""The predictions for every validation and test example."""
RESULTS = "results.json"
"""Rows of measured results."""
RECORD = "record.json"
"""What a report needs to know about the training."""
REPORT = "report.html"
"""The page about the training."""


def run_folder(runs: Path, name: str, seed: int) -> Path:
    """``runs/<name>/seed<seed>``: the folder of one training of a recipe."""
    return runs / name / f"seed{seed}"


def load_recipe(folder: Path) -> dict[str, Any]:
    """The recipe of a run as plain values; ``recipe.strict.build`` checks them.

    Raises:
        InputError: the folder has no recipe, or its recipe cannot be read.
    """
    path = folder / RECIPE
    if not path.is_file():
        raise InputError(f"'{folder}' is not the folder of a run: it has no {RECIPE}")
    return load_table(folder, RECIPE)


def load_table(folder: Path, name: str) -> dict[str, Any]:
    """The table in one of the JSON files of a run.

    Raises:
        InputError: there is no such file, or it is damaged.
    """
    return read_table(folder / name, "train the recipe again into another folder")
