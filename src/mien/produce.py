"""The whole training line: a recipe in, an evaluated bundle out."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mien.bundle import Bundle
from mien.cache import write_atomic
from mien.evaluate import evaluate, over_seeds
from mien.export import annotate, export
from mien.machine import Machine
from mien.recipe import Recipe
from mien.train import Run, example_sets, progress_bars, train


def produce(
    recipe: Recipe,
    seeds: Sequence[int],
    root: Path,
    runs: Path,
    resume: bool,
    quiet: bool = False,
    machine: Machine | None = None,
) -> Bundle:
    """Train with every seed, export and evaluate each, and put the mean over seeds into the first one's bundle.

    Steps that a run before has finished are not done again when ``resume`` is set.

    Returns:
        The bundle of the first seed, in ``runs/<name>/seed<first>/bundle``. The first is shipped by convention: none is
        chosen for its results.
    """
    fabric = (machine or Machine()).fabric(recipe.train.precision)
    results = []
    for seed in seeds:
        folder = runs / recipe.name / f"seed{seed}"
        done = folder / "results.json"
        if not (resume and done.is_file()):
            run = train(replace(recipe, seed=seed), root, runs, resume, quiet, fabric)
            if fabric.is_global_zero:
                write_atomic(done, json.dumps(_judge(run, root, quiet), indent=1))
            fabric.barrier()
        results.append(json.loads(done.read_text(encoding="utf-8")))
    first = runs / recipe.name / f"seed{seeds[0]}" / "bundle"
    if fabric.is_global_zero:
        annotate(first, over_seeds(results))
    fabric.barrier()
    return Bundle.load(first)


def _judge(run: Run, root: Path, quiet: bool) -> list[dict[str, object]]:
    bundle = export(run.model, run.encoders, run.recipe, run.probe, run.folder / "bundle", run.lineage, run.populations)
    with progress_bars(quiet) as bars:
        valid, test = (example_sets(run.recipe, split, bundle.encoders, root, bars) for split in ("valid", "test"))
        for part, modality in itertools.product((*valid, *test), bundle.populations):
            part.relate(modality, bundle.populations[modality])
        bar = bars.add_task("evaluate", total=1)
        rows = evaluate(bundle, valid, test)
        bars.advance(bar)
    return rows
