"""The whole training line: a recipe in, an evaluated bundle out.

A run's folder then holds what ``layout.py`` names; ``mien train`` makes a report of it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mien.bundle.bundle import Bundle
from mien.calibration.calibrate import fit
from mien.calibration.write import entrusted
from mien.evaluation.evaluate import BundleSystem, evaluate
from mien.evaluation.missing import missing
from mien.evaluation.predictions import Evaluation
from mien.evaluation.results import results
from mien.events import finish
from mien.export.export import annotate, export
from mien.recipe.recipe import Recipe
from mien.runtime.cache import write_atomic
from mien.runtime.run_folder import BUNDLE, PREDICTIONS, RECORD, RESULTS, run_folder
from mien.training.checkpoint import check_same
from mien.training.devices import Machine
from mien.training.loop import train
from mien.training.record import record
from mien.training.result import Run, example_sets, progress_bars, whole


def produce(
    recipe: Recipe,
    seeds: Sequence[int],
    root: Path,
    runs: Path,
    resume: bool,
    quiet: bool = False,
    machine: Machine | None = None,
    command: str = "",
) -> Bundle:
    """Train with every seed, export and evaluate each, and put the mean over seeds into the first one's bundle.

    A bundle is calibrated as ``mien calibrate`` does it, where 30 labelled validation examples are known.

    Steps that a run before has finished are not done again when ``resume`` is set. ``command`` is kept as what was typed.

    Returns:
        The bundle of the first seed, in ``runs/<name>/seed<first>/bundle``. The first is shipped by convention: none is
        chosen for its results.
    """
    fabric = (machine or Machine()).fabric(recipe.train.precision)
    judged = []
    for seed in seeds:
        folder = run_folder(runs, recipe.name, seed)
        done = folder / PREDICTIONS
        plan = replace(recipe, seed=seed)
        if resume and done.is_file():
            check_same(plan, root, folder)
        else:
            run = train(plan, root, runs, resume, quiet, fabric)
            if fabric.is_global_zero:
                found = _judge(run, root, quiet, command)
                write_atomic(folder / RESULTS, json.dumps([row.as_table() for row in results([found])], indent=1))
                found.save(done)
            fabric.barrier()
        judged.append(Evaluation.load(done))
    first = run_folder(runs, recipe.name, seeds[0]) / BUNDLE
    if fabric.is_global_zero:
        annotate(first, [row.as_table() for row in results(judged)])
    fabric.barrier()
    return Bundle.load(first)


def _judge(run: Run, root: Path, quiet: bool, command: str) -> Evaluation:
    """Export, calibrate on validation data, ask the bundle about all it was not trained on, and keep what a report needs."""
    bundle = exported(run, root, run.folder / BUNDLE, quiet)
    if any(task.kind == "single" for task in bundle.tasks):
        found = fit(bundle, bundle.recipe, root, quiet=quiet)
        bundle = entrusted(bundle, found) if found["tasks"] else bundle
    system = BundleSystem(bundle)
    with progress_bars(quiet) as bars:
        given = bundle.encoders, root, bars, bundle.populations
        valid, test = (example_sets(run.recipe, split, *given) for split in ("valid", "test"))
        bar = bars.add_task("evaluate", total=2)
        judged = finish(evaluate(system, valid, test))
        bars.advance(bar)
        several = {p.set for p in judged.test if "+" in p.modality}
        cells = [cell for part in test if part.name in several for cell in finish(missing(system, part, seeds=(0,)))]
        bars.advance(bar)
    table = record(run, {"valid": valid, "test": test}, cells, command)
    write_atomic(run.folder / RECORD, json.dumps(table, indent=1, ensure_ascii=False))
    return judged


def exported(run: Run, root: Path, folder: Path, quiet: bool = False) -> Bundle:
    """The bundle of a finished training, not evaluated yet. The run's model is changed; see ``whole``."""
    run = whole(run, root, quiet)
    return export(run.model, run.encoders, run.recipe, run.probe, folder, run.lineage, run.populations, run.weights)
