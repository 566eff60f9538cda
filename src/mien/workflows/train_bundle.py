"""Trains a recipe from start to end: the result is an evaluated bundle.

The folder of a run then holds the files that ``runtime/run_folder.py`` names. ``mien train`` makes a report of them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mien.bundle.bundle import Bundle
from mien.bundle.results import Result
from mien.bundle.write import annotate
from mien.calibration.calibrate import fit
from mien.calibration.write import entrusted
from mien.data.corpus import Corpus
from mien.data.own import own_data
from mien.data.rows import Row
from mien.data.sets import example_sets
from mien.data.shards.paths import data_root
from mien.errors import RecipeError
from mien.evaluation.evaluate import BundleSystem, evaluate
from mien.evaluation.missing import Cell, missing
from mien.evaluation.predictions import Evaluation
from mien.evaluation.results import results
from mien.events import Work
from mien.export.export import export
from mien.recipe.own_code import Asked, allow, refuse
from mien.recipe.recipe import Recipe, load
from mien.runtime.cache import write_atomic
from mien.runtime.run_folder import BUNDLE, PREDICTIONS, RECORD, RESULTS, run_folder
from mien.training.check import check_names
from mien.training.checkpoint import check_same
from mien.training.devices import Devices
from mien.training.loop import train
from mien.training.record import record
from mien.training.result import Run, whole


@dataclass(frozen=True)
class TrainedBundle:
    """The result of training a recipe.

    Attributes:
        bundle: the bundle of the first seed. It is always the first, so that no seed is chosen for its results.
        results: on the test sets, over all seeds.
        folders: the folder of the run of each seed.
    """

    bundle: Bundle
    results: tuple[Result, ...]
    folders: tuple[Path, ...]


def checked(recipe: str | Path | Recipe, changes: Sequence[str] = (), asked: Asked = refuse) -> Recipe:
    """Loads a recipe and checks that all its names are known. No data are read.

    Args:
        recipe: a .toml file, the name of a shipped recipe, or a ``Recipe``, which is returned as it is.
        changes: "a.b=value" overrides of a recipe that is a file or shipped.
        asked: whether a file of the user may run, from which the recipe takes a part; see ``mien.recipe.own_code``.

    Raises:
        RecipeError: the recipe has a mistake, there are overrides for a ``Recipe``, or a file may not run.
    """
    if isinstance(recipe, Recipe) and changes:
        raise RecipeError(
            "overrides are for the file or the name of a recipe; change a Recipe with dataclasses.replace"
        )
    plan = recipe if isinstance(recipe, Recipe) else load(recipe, changes)
    allow(plan, asked)
    check_names(plan)
    return plan


def planned(
    recipe: str | Path | Recipe,
    changes: Sequence[str] = (),
    data: Path | None = None,
    root: Path | None = None,
    rows: Sequence[Row] | None = None,
    asked: Asked = refuse,
) -> Work[tuple[Recipe, Corpus]]:
    """A recipe with its own data or with the user's. Its names are checked before any data are read.

    Args:
        recipe, changes, asked: see ``checked``.
        data: the user's own manifest; ``None`` for the recipe's data.
        root: folder of the recipe's data sets; ``None`` for the usual one, see ``data_root``.
        rows: the rows of the user's manifest if they are already read; ``None`` to read them.

    Raises:
        RecipeError: a recipe or a manifest has a mistake, there is no data folder, or there are overrides for a ``Recipe``.
    """
    plan = checked(recipe, changes, asked)
    if data is None:
        return plan, Corpus.of(plan, data_root(root))
    return (yield from own_data(plan, data, rows=rows))


def train_bundle(
    recipe: Recipe,
    corpus: Corpus,
    seeds: Sequence[int],
    runs: Path,
    resume: bool = False,
    devices: Devices | None = None,
    command: str = "",
    more: Sequence[Path] = (),
) -> Work[TrainedBundle]:
    """Trains, exports and evaluates a recipe with each seed, and writes the means over seeds into the first bundle.

    A bundle is calibrated as by ``mien calibrate`` if there are 30 labelled validation examples. With ``resume``, the results
    of finished seeds are read, and an interrupted seed continues. What follows its training is then done again from the
    export on, with the same results.

    Args:
        recipe: what to train, and how.
        corpus: the recipe's data. They are read once for all seeds.
        seeds: the recipe is trained once with each.
        runs: folder of all runs. Each seed goes to ``runs/<name>/seed<seed>``, and its bundle to ``bundle`` in it.
        resume: continue runs that were interrupted.
        devices: where to train; ``None`` for one device.
        command: the command of the user, for the report.
        more: further answers for the calibration, see ``mien.calibration.calibrate.calibrate``.

    Raises:
        InputError: a folder already holds a run and ``resume`` is not set, or the run has another recipe or other data.
        DivergedError: the loss is no longer a finite number.
        ParityError: the exported graphs do not answer as the trained model does.
    """
    fabric = (devices or Devices()).fabric(recipe.train.precision)
    folders = tuple(run_folder(runs, recipe.name, seed) for seed in seeds)
    evaluations = []
    for seed, folder in zip(seeds, folders, strict=True):
        plan = replace(recipe, seed=seed)
        if resume and (folder / PREDICTIONS).is_file():
            check_same(plan, corpus, folder)
        else:
            run = yield from train(plan, corpus, runs, resume, fabric)
            if fabric.is_global_zero:
                yield from _finish(run, command, more)
            fabric.barrier()
        evaluations.append(Evaluation.load(folder / PREDICTIONS))
    found = tuple(results(evaluations))
    first = folders[0] / BUNDLE
    if fabric.is_global_zero:
        annotate(first, found)
    fabric.barrier()
    return TrainedBundle(Bundle.load(first), found, folders)


def _finish(run: Run, command: str, more: Sequence[Path]) -> Work[None]:
    """Exports a run, calibrates the bundle on validation data, evaluates it, and writes what a report needs.

    The predictions are written last, because their file marks a run as finished.
    """
    bundle = yield from exported(run, run.folder / BUNDLE)
    if any(task.kind == "single" for task in bundle.tasks):
        found = yield from fit(bundle, run.corpus, more=more)
        bundle = entrusted(bundle, found) if found.tasks else bundle
    system = BundleSystem(bundle)
    valid = yield from example_sets(run.corpus, "valid", bundle.encoders, bundle.tables, bundle.populations)
    test = yield from example_sets(run.corpus, "test", bundle.encoders, bundle.tables, bundle.populations)
    evaluation = yield from evaluate(system, valid, test)
    several = {p.set for p in evaluation.test if "+" in p.modality}
    cells: list[Cell] = []
    for part in test:
        if part.name in several:
            cells += yield from missing(system, part, seeds=(0,))
    _write(run.folder / RECORD, {**record(run, [*valid, *test], command).as_table(), "subsets": _tables(cells)})
    _write(run.folder / RESULTS, _tables(results([evaluation])))
    evaluation.save(run.folder / PREDICTIONS)


def _tables(rows: Sequence[Result] | Sequence[Cell]) -> list[dict[str, object]]:
    return [row.as_table() for row in rows]


def _write(file: Path, table: object) -> None:
    write_atomic(file, json.dumps(table, indent=1, ensure_ascii=False))


def exported(run: Run, folder: Path) -> Work[Bundle]:
    """The bundle of a finished training, before its evaluation. The model of the run is changed; see ``whole``."""
    run = yield from whole(run)
    return export(run.model, run.encoders, run.recipe, run.probe, folder, run.lineage, run.populations, run.weights)
