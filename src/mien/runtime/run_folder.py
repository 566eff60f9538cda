"""Where a training leaves what: the folder of a run, and the names of what lies in it. Read where torch is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

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
"""The folder with the same."""
BUNDLE = "bundle"
"""The folder of the exported bundle."""
PREDICTIONS = "predictions.npz"
"""What was said of every validation and test example."""
RESULTS = "results.json"
"""Rows of measured results."""
RECORD = "record.json"
"""What a report needs to know of the training."""
REPORT = "report.html"
"""The page about it."""


def run_folder(runs: Path, name: str, seed: int) -> Path:
    """``runs/<name>/seed<seed>``: of a recipe by name, trained with a seed."""
    return runs / name / f"seed{seed}"


def load_recipe(folder: Path) -> dict[str, Any]:
    """The recipe of a run; as plain values."""
    table: dict[str, Any] = json.loads((folder / RECIPE).read_text(encoding="utf-8"))
    return table
