"""Compare two fusions with the same seeds on the same test examples: ``python examples/compare.py``. It needs ``train``."""

import tempfile
from pathlib import Path

from made_up import RECIPE, write

from mien.evaluation.comparison import Entrant
from mien.recipe.recipe import load
from mien.study.comparison import Plan
from mien.workflows.compare_recipes import run

with tempfile.TemporaryDirectory() as folder:
    write(Path(folder, "clips.npz"))
    entrants = tuple(Entrant(name, load(RECIPE, [f"fusion.name={name}"])) for name in ("late", "concat"))
    found = run(Plan(entrants, seeds=(0, 1)), Path(folder), Path(folder, "runs"))
    print(found.markdown)
