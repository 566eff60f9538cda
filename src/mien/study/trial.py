"""One system of a study: a recipe, trained with every seed and in every fold, judged without an export.

For a script::

    from mien.evaluation.comparison import Entrant
    from mien.study.trial import judged_runs
    outcome = judged_runs(Entrant("late", recipe), seeds=range(5), root=root, runs=Path("runs"), folds=True)
    outcome.runs          # an ``Evaluation`` for each seed: test predictions, pooled over folds
    mien.evaluation.results.results(outcome.runs)   # rows: value, std, interval, n, majority of every metric

Trained models are asked as they are (``evaluate.ModelSystem``), over tracks that went through what never learns once, so a
small model costs seconds; ONNX is for what ships. What is finished lies in ``runs/studied`` under a hash of the recipe, its
manifests and features, and the weights it starts from, and is not trained again, in whatever study it comes up next. Folds
share prepared tracks (``data/tracks.py``).
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from mien import __version__
from mien.data.corpus import Corpus
from mien.errors import RecipeError
from mien.evaluation.comparison import Cost, Entrant, Outcome
from mien.evaluation.evaluate import evaluate
from mien.evaluation.missing import Cell, mean_cells, missing
from mien.evaluation.model_system import ModelSystem
from mien.evaluation.predictions import Evaluation, pooled
from mien.events import finish
from mien.recipe.recipe import Recipe
from mien.runtime.cache import content_key, content_of, write_atomic
from mien.runtime.run_folder import CHECKPOINT, PREDICTIONS, WEIGHTS, run_folder
from mien.training.loop import train
from mien.training.record import size

Follow = Callable[[str], None]
"""Told what is trained next."""

_AFTERWARDS = ("cli", "explain", "report", "trust", "workflows")  # folders: what they do is done to results


def folds_of(recipe: Recipe) -> int:
    """Into how many folds the recipe's data are dealt; 0 for none.

    Raises:
        RecipeError: if its sets disagree.
    """
    counts = {source.folds for source in recipe.data if source.folds}
    if len(counts) > 1:
        raise RecipeError(f"the sets of '{recipe.name}' have {sorted(counts)} folds; give all the same number")
    return counts.pop() if counts else 0


def in_fold(recipe: Recipe, fold: int) -> Recipe:
    """The recipe with another fold as its test."""
    return replace(recipe, data=tuple(replace(s, fold=fold) if s.folds else s for s in recipe.data))


def steps(entrant: Entrant, seeds: Sequence[int], folds: bool) -> Iterator[tuple[int, Recipe]]:
    """(seed, recipe of one training), folds within seeds.

    Raises:
        RecipeError: if folds are asked for and there are none.
    """
    count = folds_of(entrant.recipe) if folds else 0
    if folds and not count:
        raise RecipeError(f"'{entrant.label}' has no folds; give its data folds = 5, or leave out --folds")
    for seed in seeds:
        for fold in range(count) if count else (None,):
            plan = replace(entrant.recipe, seed=seed)
            yield seed, plan if fold is None else in_fold(plan, fold)


def judged_runs(
    entrant: Entrant,
    seeds: Sequence[int],
    root: Path,
    runs: Path,
    folds: bool = False,
    fresh: bool = False,
    subsets: bool = False,
    follow: Follow = lambda label: None,
) -> Outcome:
    """Train and judge an entrant; what is finished already is read.

    Args:
        entrant: what.
        seeds: with which seeds.
        root: folder of the data sets.
        runs: folder of all runs, where those lie that the recipe starts from.
        folds: run all folds of its data, not only the one the recipe names.
        fresh: train again what is finished.
        subsets: measure missing modalities too; their cells are means over seeds and folds.
        follow: see ``Follow``.
    """
    found: dict[int, list[_Finished]] = {seed: [] for seed in seeds}
    corpus = Corpus.of(entrant.recipe, root)
    for seed, plan in steps(entrant, seeds, folds):
        follow(f"{entrant.label}, seed {seed}" + (f", fold {_fold(plan)}" if folds else ""))
        found[seed].append(_finished(plan, corpus.in_folds(plan.data), runs, fresh, subsets))
    everything = [f for several in found.values() for f in several]
    seconds = sum(f.seconds for f in everything) / len(seeds)
    cost = Cost(everything[0].learned, everything[0].parameters, seconds)
    stale = sum(f.code != code_key() for f in everything)
    whole = tuple(pooled([f.judged for f in several]) for several in found.values())
    return Outcome(entrant, whole, cost, stale, mean_cells([f.cells for f in everything]) if subsets else ())


@dataclass(frozen=True)
class _Finished:
    judged: Evaluation
    seconds: float
    learned: int
    parameters: int
    valid_loss: float | None
    code: str
    cells: list[Cell]


def _finished(plan: Recipe, corpus: Corpus, runs: Path, fresh: bool, subsets: bool) -> _Finished:
    home = runs / "studied" / f"{plan.name}-{_key(plan, corpus, runs)}" / f"fold{_fold(plan)}"
    folder = run_folder(home, plan.name, plan.seed)
    record = folder / "trained.json"
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
    if not _answers(record, subsets):
        _train(plan, corpus, runs, home, folder, record, subsets)
    table = json.loads(record.read_text(encoding="utf-8"))
    cells = [Cell(**cell) for cell in table.pop("cells") or ()]
    return _Finished(Evaluation.load(folder / PREDICTIONS), cells=cells, **table)


def _answers(record: Path, subsets: bool) -> bool:
    """Whether a training is finished, with modalities missing too where that is asked for."""
    return record.is_file() and not (subsets and json.loads(record.read_text(encoding="utf-8"))["cells"] is None)


def _train(plan: Recipe, corpus: Corpus, runs: Path, home: Path, folder: Path, record: Path, subsets: bool) -> None:
    run = finish(train(starting_in(plan, runs), corpus, home, resume=True))
    system = ModelSystem(run.model)
    valid, test = (finish(run.sets(split)) for split in ("valid", "test"))
    finish(evaluate(system, valid, test)).save(folder / PREDICTIONS)
    learned, parameters = size(run)
    cells = [cell.as_table() for part in test for cell in finish(missing(system, part))] if subsets else None
    table = {"seconds": run.seconds, "learned": learned, "parameters": parameters, "cells": cells}
    write_atomic(record, json.dumps({**table, "valid_loss": run.valid_loss, "code": code_key()}))
    # Weights of hundreds of trainings would fill the disk; what ships is made by ``mien train``.
    for name in (CHECKPOINT, WEIGHTS):
        (folder / name).unlink(missing_ok=True)


def starting_in(plan: Recipe, runs: Path) -> Recipe:
    """The recipe, with the runs it starts from in the folder of all runs, wherever its own goes."""
    tables = {m: replace(t, start=str((runs / t.start).absolute())) if t.start else t for m, t in plan.encoders.items()}
    return replace(plan, encoders=tables)


def _fold(plan: Recipe) -> int:
    return max((source.fold for source in plan.data), default=0)


def _key(plan: Recipe, corpus: Corpus, runs: Path) -> str:
    """Of what decides the result, but seed and fold, which name folders."""
    table: dict[str, Any] = asdict(in_fold(replace(plan, seed=0), 0))
    for irrelevant in ("export", "tune"):
        table.pop(irrelevant, None)
    starts = [runs / t.start.format(seed=plan.seed) / WEIGHTS for t in plan.encoders.values() if t.start]
    return content_key([__version__, table, corpus.content, [content_of(path) for path in starts if path.is_file()]])[
        :12
    ]


@cache
def code_key() -> str:
    """A hash of the package's source, to tell results of other code; but for what only shows results or explains them."""
    digest = hashlib.sha256()
    package = Path(__file__).parents[1]
    for path in sorted(package.rglob("*.py")):
        if path.relative_to(package).parts[0] not in _AFTERWARDS:
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
