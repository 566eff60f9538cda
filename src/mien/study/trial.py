"""One system of a study: a recipe, trained with every seed and in every fold, evaluated without an export.

For a script::

    from mien.evaluation.boards import Entrant
    from mien.evaluation.results import results
    from mien.events import finish
    from mien.study.trial import evaluate_entrant

    outcome = finish(evaluate_entrant(Entrant("late", recipe), range(5), corpus, Path("runs"), folds=True))
    outcome.runs             # an ``Evaluation`` for each seed: test predictions, pooled over folds
    results(outcome.runs)    # rows: value, std, interval, n, majority of every metric

Trained models are evaluated without an export (``model_system.ModelSystem``), and frozen parts of encoders run only once for
each clip. So a small model takes seconds. A finished training lies in ``runs/studied``, under a hash of the recipe, of its
manifests and features, and of the weights that it starts from. Every later study uses it instead of training again. Folds
share prepared tracks (``data/tracks.py``).
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Self

from mien import __version__
from mien.data.corpus import Corpus
from mien.errors import RecipeError
from mien.evaluation.boards import Cost, Entrant, Outcome
from mien.evaluation.evaluate import evaluate
from mien.evaluation.missing import Cell, mean_cells, missing
from mien.evaluation.model_system import ModelSystem
from mien.evaluation.predictions import Evaluation, pooled
from mien.events import Progress, Work
from mien.files.tables import read_table
from mien.recipe.own_code import sha256_of
from mien.recipe.recipe import Recipe
from mien.runtime.cache import content_key, content_of, write_atomic
from mien.runtime.run_folder import CHECKPOINT, PREDICTIONS, WEIGHTS, run_folder
from mien.training.loop import train
from mien.training.record import size

_RECORD = "trained.json"  # the last file of a finished training
_AFTERWARDS = (
    "agreement",
    "archive",
    "calibration",
    "cli",
    "client",
    "collection",
    "consent",
    "database",
    "exchange",
    "explain",
    "export",
    "ray",
    "report",
    "scenarios",
    "server",
    "trust",
    "turns",
    "workflows",
)  # rooms no training needs


def folds_of(recipe: Recipe) -> int:
    """Number of folds of the recipe's data; 0 for none.

    Raises:
        RecipeError: its data sets have different numbers of folds.
    """
    counts = {source.folds for source in recipe.data if source.folds}
    if len(counts) > 1:
        raise RecipeError(f"the sets of '{recipe.name}' have {sorted(counts)} folds; give all the same number")
    return counts.pop() if counts else 0


def in_fold(recipe: Recipe, fold: int) -> Recipe:
    """The recipe with another fold as its test split."""
    return replace(recipe, data=tuple(replace(s, fold=fold) if s.folds else s for s in recipe.data))


def steps(entrant: Entrant, seeds: Sequence[int], folds: bool) -> Iterator[tuple[int, Recipe]]:
    """The trainings of an entrant: (seed, recipe) for each. All folds of one seed come before the next seed.

    Raises:
        RecipeError: folds are asked for and there are none.
    """
    count = folds_of(entrant.recipe) if folds else 0
    if folds and not count:
        raise RecipeError(f"'{entrant.label}' has no folds; give its data folds = 5, or leave out --folds")
    for seed in seeds:
        for fold in range(count) if count else (None,):
            plan = replace(entrant.recipe, seed=seed)
            yield seed, plan if fold is None else in_fold(plan, fold)


def evaluate_entrant(
    entrant: Entrant,
    seeds: Sequence[int],
    corpus: Corpus,
    runs: Path,
    folds: bool = False,
    fresh: bool = False,
    subsets: bool = False,
    before: int = 0,
    total: int = 0,
) -> Work[Outcome]:
    """Train and evaluate an entrant. Finished trainings are loaded. Progress of the stage "compare" counts trainings.

    Args:
        entrant: the recipe.
        seeds: the seeds that it is trained with.
        corpus: the data of its recipe; read once for all seeds and folds.
        runs: folder of all runs. Runs that the recipe starts from lie there too.
        folds: whether all folds of its data are run, not only the recipe's own.
        fresh: whether finished trainings are repeated.
        subsets: whether it is also evaluated with missing modalities. The cells are means over seeds and folds.
        before: number of trainings of the whole study that come before these.
        total: number of trainings of the whole study; 0 where these are all.

    Raises:
        RecipeError: folds are asked for and there are none.
        DivergedError: the loss of a training is not finite.
    """
    found: dict[int, list[_Finished]] = {seed: [] for seed in seeds}
    planned = list(steps(entrant, seeds, folds))
    total = total or len(planned)
    for done, (seed, plan) in enumerate(planned, start=before):
        about = f"{entrant.label}, seed {seed}" + (f", fold {_fold(plan)}" if folds else "")
        yield Progress("compare", about, done, total)
        found[seed].append((yield from _finished(plan, corpus.in_folds(plan.data), runs, fresh, subsets)))
        yield Progress("compare", about, done + 1, total)
    everything = [f for several in found.values() for f in several]
    seconds = sum(f.record.seconds for f in everything) / len(seeds)
    cost = Cost(everything[0].record.learned, everything[0].record.parameters, seconds)
    stale = sum(f.record.code != code_key() for f in everything)
    whole = tuple(pooled([f.evaluation for f in several]) for several in found.values())
    cells = mean_cells([f.record.cells or () for f in everything]) if subsets else ()
    return Outcome(entrant, whole, cost, stale, cells)


@dataclass(frozen=True)
class _Record:
    """What is kept of a training beside its predictions. ``cells`` is ``None`` where missing modalities were not evaluated."""

    seconds: float
    learned: int
    parameters: int
    valid_loss: float | None
    code: str
    cells: tuple[Cell, ...] | None

    def as_table(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> Self:
        cells = table["cells"]
        return cls(**{**table, "cells": None if cells is None else tuple(Cell(**cell) for cell in cells)})


@dataclass(frozen=True)
class _Finished:
    evaluation: Evaluation
    record: _Record


def _finished(plan: Recipe, corpus: Corpus, runs: Path, fresh: bool, subsets: bool) -> Work[_Finished]:
    home = runs / "studied" / f"{plan.name}-{_key(plan, corpus, runs)}" / f"fold{_fold(plan)}"
    folder = run_folder(home, plan.name, plan.seed)
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
    record = _read(folder)
    if record is None or (subsets and record.cells is None):
        record = yield from _train(plan, corpus, runs, home, subsets)
    return _Finished(Evaluation.load(folder / PREDICTIONS), record)


def _read(folder: Path) -> _Record | None:
    """The record of a training; ``None`` where it is not finished."""
    file = folder / _RECORD
    if not file.is_file():
        return None
    return _Record.from_table(read_table(file, "remove its folder, and it is trained again"))


def _train(plan: Recipe, corpus: Corpus, runs: Path, home: Path, subsets: bool) -> Work[_Record]:
    run = yield from train(plan, corpus, home, resume=True, earlier=runs)
    system = ModelSystem(run.model)
    valid = yield from run.sets("valid")
    test = yield from run.sets("test")
    evaluation = yield from evaluate(system, valid, test)
    evaluation.save(run.folder / PREDICTIONS)
    learned, parameters = size(run)
    cells: list[Cell] = []
    for part in test if subsets else ():
        cells += yield from missing(system, part)
    record = _Record(run.seconds, learned, parameters, run.valid_loss, code_key(), tuple(cells) if subsets else None)
    write_atomic(run.folder / _RECORD, json.dumps(record.as_table()))
    # Weights of hundreds of trainings would fill the disk. A bundle is made by ``mien train``, which keeps its weights.
    for name in (CHECKPOINT, WEIGHTS):
        (run.folder / name).unlink(missing_ok=True)
    return record


def _fold(plan: Recipe) -> int:
    return max((source.fold for source in plan.data), default=0)


def _key(plan: Recipe, corpus: Corpus, runs: Path) -> str:
    """A hash of everything that decides the result, except for seed and fold, which are in the names of folders."""
    table: dict[str, Any] = asdict(in_fold(replace(plan, seed=0), 0))
    for irrelevant in ("export", "tune"):
        table.pop(irrelevant, None)
    starts = [runs / t.start_of(plan.seed) / WEIGHTS for t in plan.encoders.values() if t.start]
    found = [content_of(path) for path in starts if path.is_file()]
    parts = (str(plan.fusion.get("name", "")), *(t.name for t in plan.encoders.values()))
    found += [code for name in parts if (code := sha256_of(name))]
    return content_key([__version__, table, corpus.content, found])[:12]


@cache
def code_key() -> str:
    """A hash of the package's source, to recognise results of other code. Folders that run after a training are left out."""
    digest = hashlib.sha256()
    package = Path(__file__).parents[1]
    for path in sorted(package.rglob("*.py")):
        if path.relative_to(package).parts[0] not in _AFTERWARDS:
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
