"""Look for better numbers in a recipe, with Optuna. Only validation data decide: the test split is never loaded.

The recipe says where to look, see ``search_space``. Trials are kept in an SQLite file in ``runs/tune-<hash>``; a search that
was broken off goes on there. The first trial is the recipe as it stands. What was found should be judged with another seed
than that of the search: ``mien compare old.toml best.toml``.
"""

from __future__ import annotations

import logging
import math
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mien.data.corpus import Corpus
from mien.errors import DivergedError, InputError, RecipeError
from mien.evaluation.evaluate import predict
from mien.evaluation.model_system import ModelSystem
from mien.events import finish
from mien.metrics.base import measures, named
from mien.recipe import recipe as recipes
from mien.recipe import strict
from mien.recipe.recipe import Recipe
from mien.runtime.cache import content_key, write_atomic
from mien.study.search_space import Between, Space, Value, space
from mien.study.trial import starting_in
from mien.training.loop import check_names, train
from mien.training.result import Run

if TYPE_CHECKING:
    import optuna


@dataclass(frozen=True)
class Search:
    """Where to look, and how.

    Attributes:
        path: the recipe, a file or the name of a shipped one; what was found is written into a copy of it, so comments stay.
        overrides: "a.b=value" changes that hold in every trial.
        trials: how many in all, those of an earlier call counted.
        metric: of the validation sets, mean over sets and tasks that have it; ``None`` for the validation loss.
        adapt: what else is done to each recipe, such as putting the user's data in.

    Raises:
        InputError: no trial is asked for.
    """

    path: Path | str
    overrides: tuple[str, ...]
    trials: int
    metric: str | None = None
    adapt: Callable[[Recipe], Recipe] = lambda recipe: recipe

    def __post_init__(self) -> None:
        if self.trials < 1:
            raise InputError(f"a search needs at least one trial, not {self.trials}")

    def recipe(self, found: Mapping[str, Value] | None = None) -> Recipe:
        """The recipe with some values."""
        changes = [*self.overrides, *(f"{key}={_toml(value)}" for key, value in (found or {}).items())]
        return self.adapt(recipes.load(self.path, changes))


@dataclass(frozen=True)
class Found:
    """``values`` by key, their ``score``, how many ``trials`` there were, and the ``file`` with the recipe."""

    values: Mapping[str, Value]
    score: float
    trials: int
    file: Path


def tune(search: Search, root: Path, runs: Path, follow: Callable[[int, float], None] = lambda k, s: None) -> Found:
    """Search until there are ``search.trials`` trials.

    Args:
        search: see ``Search``.
        root: folder of the data sets.
        runs: folder of all runs.
        follow: told the number and score of each finished trial, NaN where its loss was none.

    Returns:
        The best; its recipe is written to ``runs/tune-<hash>/best.toml``.
    """
    import optuna

    where = space(search.recipe())
    _try_all(search, where)
    folder = runs / f"tune-{_key(search, root)}"
    folder.mkdir(parents=True, exist_ok=True)
    # A trial that fails is told once, as the error it ends with.
    optuna.logging.set_verbosity(logging.ERROR)
    storage = optuna.storages.RDBStorage(f"sqlite:///{folder / 'trials.db'}")
    study = optuna.create_study(
        storage=storage,
        study_name="search",
        load_if_exists=True,
        direction="minimize" if lower_is_better(search) else "maximize",
    )

    def objective(trial: optuna.Trial) -> float:
        values = {key: part.suggest(trial, key) for key, part in where.items()}
        try:
            score = _score(search, starting_in(search.recipe(values), runs), root, folder / f"trial{trial.number}")
        except DivergedError as error:
            follow(trial.number, math.nan)
            raise optuna.TrialPruned from error  # worse than any score: the search learns to keep away
        follow(trial.number, score)
        return score

    try:
        _go_on(study, search, where, objective)
        best, trials = _best(study), len(_finished(study))
    finally:
        storage.engine.dispose()
    file = folder / "best.toml"
    write_atomic(file, rewritten(search.path, search.overrides, best.params))
    return Found(best.params, float(best.value or 0.0), trials, file)


def _try_all(search: Search, where: Space) -> None:
    """Every end and choice stands in a recipe once, so that a wrong one is told before anything is trained."""
    columns = {key: part.known for key, part in where.items()}
    for row in range(max(map(len, columns.values()))):
        check_names(search.recipe({key: values[row % len(values)] for key, values in columns.items()}))


def _go_on(study: optuna.Study, search: Search, where: Space, objective: Callable[[optuna.Trial], float]) -> None:
    """As many trials as are missing; the first of all is the recipe as it stands."""
    import optuna

    done = len(_finished(study))
    if not done:
        study.enqueue_trial(_as_it_stands(search, where))
    # Seeded by how many there are already: a search that goes on does not draw the same values again.
    study.sampler = optuna.samplers.TPESampler(seed=done)
    study.optimize(objective, n_trials=max(0, search.trials - done))


def _finished(study: optuna.Study) -> Sequence[optuna.trial.FrozenTrial]:
    """Those with a score, and those whose loss was no finite number."""
    return [trial for trial in study.get_trials(deepcopy=False) if trial.state.name in ("COMPLETE", "PRUNED")]


def _best(study: optuna.Study) -> optuna.trial.FrozenTrial:
    if all(trial.value is None for trial in _finished(study)):
        raise InputError("the loss was no finite number in any trial; let [tune] look at a smaller train.lr")
    return study.best_trial


def _key(search: Search, root: Path) -> str:
    recipe = search.recipe()
    return content_key([recipe.as_table(), search.metric, Corpus.of(recipe, root).content])[:10]


def lower_is_better(search: Search) -> bool:
    """Whether the objective falls when things get better.

    Raises:
        InputError: if no task of the recipe has the metric.
    """
    if search.metric is None:
        return True
    return named(search.metric, search.recipe().tasks).lower


def _score(search: Search, plan: Recipe, root: Path, folder: Path) -> float:
    """Train and look at the validation sets; what was trained is not kept."""
    try:
        run = finish(train(plan, Corpus.of(plan, root), folder, resume=True))
        if run.valid_loss is None:
            raise RecipeError(f"the recipe '{run.recipe.name}' has no validation data; tuning needs some")
        return run.valid_loss if search.metric is None else _measured(run, search.metric)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _measured(run: Run, metric: str) -> float:
    system = ModelSystem(run.model)
    parts = [p for part in run.valid for p in finish(predict(system, part, "valid"))]
    found = [measures(p.task)[metric](p.scores, p.targets) for p in parts if metric in measures(p.task)]
    return float(np.mean(found))


def _as_it_stands(search: Search, where: Space) -> dict[str, Value]:
    """The recipe's own values with what was set and what it leaves out, as far as the search could suggest such."""
    table = search.recipe().as_table()
    found: dict[str, Value] = {}
    for key, part in where.items():
        node: Any = table
        for name in key.split("."):
            node = node.get(name) if isinstance(node, dict) else None
        if node in part.known or (isinstance(part, Between) and isinstance(node, int | float)):
            found[key] = node
    return found


def rewritten(path: Path | str, overrides: Sequence[str], values: Mapping[str, Value]) -> str:
    """The text of a recipe with other values; comments and order stay, unless it extends another: then it becomes whole."""
    import tomlkit

    document = tomlkit.parse(recipes.file_of(path).read_text(encoding="utf-8"))
    if "extends" in document:
        document = tomlkit.parse(tomlkit.dumps(recipes.table_of(path)))
    for change in [*overrides, *(f"{key}={_toml(value)}" for key, value in values.items())]:
        strict.override(document, change)
    return tomlkit.dumps(document)


def _toml(value: Value) -> str:
    import tomlkit

    return tomlkit.item(value).as_string()
