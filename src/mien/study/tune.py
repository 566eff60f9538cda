"""Look for better numbers in a recipe, with Optuna. Only validation data decide: the test split is never loaded.

The recipe says where to look, see ``search_space``. Trials are kept in an SQLite file in ``runs/tune-<hash>``; a search that
was broken off goes on there. The first trial is the recipe as it stands. Evaluate what was found with another seed
than that of the search: ``mien compare old.toml best.toml``.
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
        data: the user's own manifest, in place of the recipe's data; ``None`` for none.

    Raises:
        InputError: no trial is asked for.
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
        """The recipe with some values, on its own data."""
        changes = [*self.overrides, *(f"{key}={_toml(value)}" for key, value in (found or {}).items())]
        return recipes.load(self.path, changes)


@dataclass(frozen=True)
class Found:
    """What a search found.

    Attributes:
        values: the best ones, by key.
        score: of the trial with them.
        trials: how many there were.
        file: the recipe with these values.
    """

    values: Mapping[str, Value]
    score: float
    trials: int
    file: Path


def tune(search: Search, root: Path, runs: Path) -> Work[Found]:
    """Search until there are ``search.trials`` trials. A notice tells the score of each.

    Args:
        search: see ``Search``.
        root: folder of the data sets.
        runs: folder of all runs.

    Returns:
        The best; its recipe is written to ``runs/tune-<hash>/best.toml``.

    Raises:
        RecipeError: there is nothing to search, a value that no recipe can have, or no validation data.
        InputError: no task has the metric, or the loss was no finite number in any trial.
    """
    import optuna

    where = space(search.recipe())
    _try_all(search, where)
    lower = lower_is_better(search)
    data = _Data(search, root)
    plan, corpus = yield from data.put_in(search.recipe())
    folder = runs / f"tune-{content_key([plan.as_table(), search.metric, corpus.content])[:10]}"
    folder.mkdir(parents=True, exist_ok=True)
    # A trial that fails ends the search with its error; Optuna would report it a second time.
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
    """The data of all trials. They are read once, as long as no trial changes what is asked of them."""

    def __init__(self, search: Search, root: Path) -> None:
        self._manifest, self._root = search.data, root
        self._asked: Recipe | None = None
        self._given: tuple[Recipe, Corpus] | None = None

    def put_in(self, recipe: Recipe) -> Work[tuple[Recipe, Corpus]]:
        """The recipe on the data it is trained with, and these."""
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
    """Whether two recipes ask the same of their data."""
    names, others = ({m: table.name for m, table in recipe.encoders.items()} for recipe in (one, other))
    return (one.data, one.tasks, names) == (other.data, other.tasks, others)


def _try_all(search: Search, where: Space) -> None:
    """Put every end and every choice into a recipe once, so that a wrong one is refused before anything is trained."""
    columns = {key: part.known for key, part in where.items()}
    for row in range(max(map(len, columns.values()))):
        check_names(search.recipe({key: values[row % len(values)] for key, values in columns.items()}))


def _go_on(study: optuna.Study, search: Search, where: Space, data: _Data, runs: Path, folder: Path) -> Work[None]:
    """Run the trials that are missing. The very first trial is the recipe as it stands."""
    import optuna

    done = len(_finished(study))
    if not done:
        study.enqueue_trial(_as_it_stands(search, where))
    # The seed is the number of finished trials, so a search that goes on does not draw the same values again.
    study.sampler = optuna.samplers.TPESampler(seed=done)
    for number in range(done, search.trials):
        trial = study.ask()
        yield Progress("tune", f"trial {trial.number}", number, search.trials)
        state, score = optuna.trial.TrialState.FAIL, None
        try:
            values = {key: part.suggest(trial, key) for key, part in where.items()}
            plan, corpus = yield from data.put_in(search.recipe(values))
            score = yield from _score(search, starting_in(plan, runs), corpus, folder / f"trial{trial.number}")
            state = optuna.trial.TrialState.COMPLETE
            yield Notice("trial_finished", {"number": trial.number, "score": score})
        except DivergedError:
            # It counts as worse than any score, so the search learns to keep away.
            state = optuna.trial.TrialState.PRUNED
            yield Notice("trial_diverged", {"number": trial.number})
        finally:
            study.tell(trial, score, state)


def _finished(study: optuna.Study) -> Sequence[optuna.trial.FrozenTrial]:
    """The trials that have a score, and those whose loss was no finite number."""
    return [trial for trial in study.get_trials(deepcopy=False) if trial.state.name in ("COMPLETE", "PRUNED")]


def _best(study: optuna.Study) -> optuna.trial.FrozenTrial:
    if all(trial.value is None for trial in _finished(study)):
        raise InputError("the loss was no finite number in any trial; let [tune] look at a smaller train.lr")
    return study.best_trial


def lower_is_better(search: Search) -> bool:
    """Whether a lower score is better.

    Raises:
        InputError: if no task of the recipe has the metric.
    """
    if search.metric is None:
        return True
    return named(search.metric, search.recipe().tasks).lower


def _score(search: Search, plan: Recipe, corpus: Corpus, folder: Path) -> Work[float]:
    """Train and look at the validation sets; what was trained is not kept."""
    try:
        run = yield from train(plan, corpus, folder, resume=True)
        if run.valid_loss is None:
            raise RecipeError(f"the recipe '{run.recipe.name}' has no validation data; tuning needs some")
        return run.valid_loss if search.metric is None else (yield from _measured(run, search.metric))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _measured(run: Run, metric: str) -> Work[float]:
    system = ModelSystem(run.model)
    found = []
    for part in run.valid:
        for said in (yield from predict(system, part, "valid")):
            if metric in measures(said.task):
                found.append(measures(said.task)[metric](said.scores, said.targets))
    return float(np.mean(found))


def _as_it_stands(search: Search, where: Space) -> dict[str, Value]:
    """The recipe's own values, with overrides and defaults, as far as the search could suggest them."""
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
    """The text of a recipe with other values. Comments and order stay. A recipe that extends another is written out whole."""
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
