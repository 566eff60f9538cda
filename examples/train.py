"""Train, look at the results, evaluate the bundle again: ``python examples/train.py``. It needs the extra ``train``."""

import tempfile
from pathlib import Path

from made_up import RECIPE, write

import mien
from mien.events import Event, Progress


def tell(event: Event) -> None:
    """What is done; a program with a window would move a bar."""
    if isinstance(event, Progress) and event.stage == "train" and event.done == event.total:
        print(f"trained: {event.about}")


with tempfile.TemporaryDirectory() as folder:
    write(Path(folder, "clips.npz"))
    trained = mien.train(RECIPE, seeds=[0, 1], runs=Path(folder, "runs"), data_root=folder, tell=tell)
    for row in trained.results:
        if row.metric == "macro_f1":
            print(f"{row.set} {row.split}, {row.metric}: {row.value:.3f} ± {row.std:.3f} (n = {row.n})")

    found = mien.evaluate(trained.bundle, recipe=RECIPE, subsets=True, data_root=folder)
    for cell in found.cells:
        if cell.rate == 0:
            print(f"from {cell.subset}, {cell.metric}: {cell.value:.3f}")
