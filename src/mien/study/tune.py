"""Search better values for a recipe, with Optuna. Only validation data decide: the test split is never loaded.

The recipe holds the search space, see ``search_space``. Trials are kept in an SQLite file in ``runs/tune-<hash>``, so a
search that was interrupted or killed goes on, with the same trials as without. The first trial is the recipe as it is.
Evaluate the result with other seeds than that of the search: ``mien compare old.toml best.toml``.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mien.data.corpus import Corpus
from mien.data.own import own_data
from mien.errors import DivergedError, InputError, RecipeError
from mien.evaluation.evaluate import predict
from mien.evaluation.model_system import ModelSystem
from mien.events import Notice, Progress, Work
from mien.metrics.base import metrics_of, named
from mien.recipe import recipe as recipes
from mien.recipe import strict
from mien.recipe.recipe import Recipe
from mien.runtime.cache import content_key, write_atomic
from mien.study.search_space import Between, Space, Value, space
from mien.training.check import check_names
from mien.training.loop import train
from mien.training.result import Run

if TYPE_CHECKING:
    import optuna


@dataclass(frozen=True)
class Search:
    """What is searched, and how.

    Attributes:
        path: the recipe, a file or the name of a shipped one. The result is written into a copy of it, so comments stay.
        overrides: "a.b=value" changes for every trial.
        trials: number of trials, with those of earlier calls.
        metric: metric on the validation sets, as a mean over the sets and tasks that have it; ``None`` for the validation loss.
        data: the user's own manifest in place of the recipe's data; ``None`` for the recipe's data.

    Raises:
        InputError: there are no trials.
    """

    path: Path | str
    overrides: tuple[str, ...]
    trials: int
    metric: str | None = None
    data: Path | None = None

    def __post_init__(self) -> None:
        if self.trials < 1:
            raise InputError(f"a search needs at least one trial, not {self.trials}")

    def recipe(self, found: Mapping[str, Value] | None = None) -> Recipe:
        """The recipe with some values of the search space; its data are still the recipe's own."""
        changes = [*self.overrides, *(f"{key}={_toml(value)}" for key, value in (found or {}).items())]
        return recipes.load(self.path, changes)


@dataclass(frozen=True)
class Found:
    """The result of a search.

    Attributes:
        values: the best values, by key.
        score: score of the trial with these values.
        trials: number of finished trials.
        file: path of the recipe with these values.
    """

    values: Mapping[str, Value]
    score: float
    trials: int
    file: Path


def tune(search: Search, root: Path, runs: Path) -> Work[Found]:
    """Search until there are ``search.trials`` trials. A notice gives the score of each trial.

    Args:
        search: see ``Search``.
        root: folder of the data sets.
        runs: folder of all runs.

    Returns:
        The best trial; its recipe is written to ``runs/tune-<hash>/best.toml``.

    Raises:
        RecipeError: the recipe has no search space, a value of it is not allowed, or there are no validation data.
        InputError: no task has the metric, or the loss was not finite in any trial.
    """
    import optuna

    where = space(search.recipe())
    _try_all(search, where)
    lower = lower_is_better(search)
    data = _Data(search, root)
    plan, corpus = yield from data.put_in(search.recipe())
    folder = runs / f"tune-{content_key([plan.as_table(), search.metric, corpus.content])[:10]}"
    folder.mkdir(parents=True, exist_ok=True)
    # A trial that fails ends the search with its error. Optuna would report the error a second time.
    optuna.logging.set_verbosity(logging.ERROR)
    storage = optuna.storages.RDBStorage(f"sqlite:///{folder / 'trials.db'}")
    study = optuna.create_study(
        storage=storage, study_name="search", load_if_exists=True, direction="minimize" if lower else "maximize"
    )
    try:
        yield from _go_on(study, search, where, data, runs, folder)
        best, trials = _best(study), len(_finished(study))
    finally:
        storage.engine.dispose()
    file = folder / "best.toml"
    write_atomic(file, rewritten(search.path, search.overrides, best.params))
    return Found(best.params, float(best.value or 0.0), trials, file)


class _Data:
    """The data of all trials. They are read again only when a trial changes what it needs of them."""

    def __init__(self, search: Search, root: Path) -> None:
        self._manifest, self._root = search.data, root
        self._asked: Recipe | None = None
        self._given: tuple[Recipe, Corpus] | None = None

    def put_in(self, recipe: Recipe) -> Work[tuple[Recipe, Corpus]]:
        """The recipe with the data that it is trained on, and these data."""
        if self._given is None or self._asked is None or not _same_data(recipe, self._asked):
            self._asked = recipe
            if self._manifest is None:
                self._given = recipe, Corpus.of(recipe, self._root)
            else:
                self._given = yield from own_data(recipe, self._manifest)
        plan, corpus = self._given
        kept = {modality: recipe.encoders[modality] for modality in plan.encoders}
        return replace(recipe, name=plan.name, encoders=kept, data=plan.data), corpus


def _same_data(one: Recipe, other: Recipe) -> bool:
    """Whether two recipes need the same data, tasks and encoders."""
    names, others = ({m: table.name for m, table in recipe.encoders.items()} for recipe in (one, other))
    return (one.data, one.tasks, names) == (other.data, other.tasks, others)


def _try_all(search: Search, where: Space) -> None:
    """Put every end and every choice into a recipe once, so that a wrong value is refused before any training."""
    columns = {key: part.known for key, part in where.items()}
    for row in range(max(map(len, columns.values()))):
        check_names(search.recipe({key: values[row % len(values)] for key, values in columns.items()}))


def _go_on(study: optuna.Study, search: Search, where: Space, data: _Data, runs: Path, folder: Path) -> Work[None]:
    """Run the trials that are missing. The first trial of a search is the recipe as it is."""
    import optuna

    states = optuna.trial.TrialState
    # A killed search leaves its last trial "running". The trial is done again, under the same number.
    for left in study.get_trials(deepcopy=False, states=(states.RUNNING,)):
        study.tell(left.number, state=states.FAIL)
    done = len(_finished(study))
    if not done and not study.get_trials(deepcopy=False, states=(states.WAITING,)):
        study.enqueue_trial(_as_it_stands(search, where))
    for number in range(done, search.trials):
        # With a seed for each trial, its values do not depend on how often the search was interrupted.
        study.sampler = optuna.samplers.TPESampler(seed=number)
        trial = study.ask()
        yield Progress("tune", f"trial {number}", number, search.trials)
        state, score = states.FAIL, None
        try:
            values = {key: part.suggest(trial, key) for key, part in where.items()}
            plan, corpus = yield from data.put_in(search.recipe(values))
            score = yield from _score(search, plan, corpus, folder / f"trial{number}", runs)
            state = states.COMPLETE
            yield Notice("trial_finished", {"number": number, "score": score})
        except DivergedError:
            # A pruned trial counts as worse than any score, so the search avoids such values.
            state = states.PRUNED
            yield Notice("trial_diverged", {"number": number})
        finally:
            study.tell(trial, score, state)


def _finished(study: optuna.Study) -> Sequence[optuna.trial.FrozenTrial]:
    """The trials that have a score, and those whose loss was not finite."""
    return [trial for trial in study.get_trials(deepcopy=False) if trial.state.name in ("COMPLETE", "PRUNED")]


def _best(study: optuna.Study) -> optuna.trial.FrozenTrial:
    if all(trial.value is None for trial in _finished(study)):
        raise InputError("the loss was no finite number in any trial; let [tune] look at a smaller train.lr")
    return study.best_trial


def lower_is_better(search: Search) -> bool:
    """Whether a lower score is better.

    Raises:
        InputError: no task of the recipe has the metric.
    """
    if search.metric is None:
        return True
    return named(search.metric, search.recipe().tasks).lower


def _score(search: Search, plan: Recipe, corpus: Corpus, folder: Path, runs: Path) -> Work[float]:
    """Train, and compute the score on the validation sets. Then the run folder is removed.

    An interrupted trial keeps its folder, and continues from its checkpoint.
    """
    try:
        run = yield from train(plan, corpus, folder, resume=True, earlier=runs)
        if run.valid_loss is None:
            raise RecipeError(f"the recipe '{run.recipe.name}' has no validation data; tuning needs some")
        score = run.valid_loss if search.metric is None else (yield from _measured(run, search.metric))
    except Exception:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)
    return score


def _measured(run: Run, metric: str) -> Work[float]:
    system = ModelSystem(run.model)
    found = []
    for part in run.valid:
        for said in (yield from predict(system, part)):
            if metric in metrics_of(said.task):
                found.append(metrics_of(said.task)[metric](said.scores, said.targets))
    return float(np.mean(found))


def _as_it_stands(search: Search, where: Space) -> dict[str, Value]:
    """The values of the recipe with overrides and defaults, as far as the search space holds them."""
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
    """The text of a recipe with other values. Comments and order stay.

    A recipe that extends another one is written with all its keys, without comments.
    """
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
