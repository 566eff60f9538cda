"""Compare two fusions with the same seeds on the same test examples: ``python examples/compare.py``. It needs ``train``."""

import tempfile
from dataclasses import replace
from pathlib import Path

from made_up import RECIPE, write

import mien
from mien.recipe.recipe import load

with tempfile.TemporaryDirectory() as folder:
    write(Path(folder, "clips.npz"))
    late = replace(load(RECIPE), name="late")
    concat = replace(late, name="concat", fusion={"name": "concat"})
    found = mien.compare([late, concat], seeds=[0, 1], data_root=folder, runs=Path(folder, "runs"))
    print(found.markdown)
