"""The functions for notebooks: train, evaluate, compare. Each runs its work to the end and calls ``tell`` with its events.

They need ``mien[train]``. Without it they can still be imported, and a call says how to install it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from mien.errors import InputError
from mien.events import Event, finish
from mien.runtime.extras import needs_train

if TYPE_CHECKING:
    from mien.bundle.bundle import Bundle
    from mien.evaluation.report import EvaluationReport
    from mien.recipe.recipe import Recipe
    from mien.training.devices import Devices
    from mien.workflows.comparison import Comparison
    from mien.workflows.train_bundle import TrainedBundle

T = TypeVar("T")


def train(
    recipe: str | Path | Recipe = "fusion",
    data: str | Path | None = None,
    *,
    changes: Sequence[str] = (),
    seeds: Sequence[int] = (0,),
    runs: str | Path = "runs",
    resume: bool = False,
    data_root: str | Path | None = None,
    devices: Devices | None = None,
    tell: Callable[[Event], object] | None = None,
    allow_code: bool = False,
) -> TrainedBundle:
    """Trains a recipe, exports it as a bundle, and evaluates the bundle, like ``mien train``. It needs ``mien[train]``.

    Args:
        recipe: name of a shipped recipe, a .toml file, or a ``Recipe``.
        data: your own manifest (CSV, Parquet, JSONL or .npz, see docs/data.md) in place of the recipe's data. A modality
            without a column is left out.
        changes: overrides of single values: ``["train.epochs=5"]``; ``"-encoders.face"`` removes a part.
        seeds: the recipe is trained once with each. The result has the bundle of the first seed and means over all seeds.
        runs: folder of all runs. Seed 0 of ``fusion`` on ``my.csv`` goes to ``runs/fusion-my/seed0``.
        resume: continue a run that was interrupted.
        data_root: folder of the recipe's data sets; ``None`` for ``MIEN_DATA``, else ``../shared/data``.
        devices: where to train; ``None`` for one device, which is a GPU if there is one.
        tell: called with every event: progress, and notices of what was decided or could not be read.
            ``mien.report.sentences`` turns notices into sentences. ``None`` ignores events. An error that it raises stops the
            training.
        allow_code: whether Python files may run from which the recipe takes parts (``fusion.name = "./mine.py:Mine"``).

    Returns:
        The bundle, its results on the test data, and the folders of the runs.

    Raises:
        InputError: a recipe, a manifest or an argument has a mistake, or the folder already holds a run; the message says
            what to do.
        DivergedError: the loss is no longer a finite number.
        ParityError: the exported graphs do not answer as the trained model does.
    """
    needs_train()
    from mien.workflows.train_bundle import planned, train_bundle

    chosen = _checked(seeds)
    plan, corpus = finish(
        planned(recipe, _several(changes), _path(data), _path(data_root), asked=lambda file: allow_code), tell
    )
    command = f"mien.train({str(recipe) if isinstance(recipe, str | Path) else recipe.name!r}, data={data!r})"
    return finish(train_bundle(plan, corpus, chosen, Path(runs), resume, devices, command), tell)


def evaluate(
    bundle: str | Path | Bundle = "research",
    data: str | Path | None = None,
    *,
    recipe: str | Path | None = None,
    subsets: bool = False,
    calibration: bool = False,
    groups: str | None = None,
    data_root: str | Path | None = None,
    tell: Callable[[Event], object] | None = None,
) -> EvaluationReport:
    """Evaluates a bundle on labelled data, like ``mien evaluate``. It needs ``mien[train]``.

    Args:
        bundle: name of a shipped bundle, the folder of a bundle, or a ``Bundle``.
        data: your own manifest. Its rows with the split "test" are evaluated, or all rows if none has this split.
        recipe: name or file of a recipe whose test data are used instead.
        subsets: also evaluate with modalities missing.
        calibration: also measure how well the probabilities are calibrated, for each subset of the modalities.
        groups: also compare the groups in this column of the data, such as "gender"; ``None`` for no groups.
        data_root: folder of the recipe's data sets; ``None`` for ``MIEN_DATA``, else ``../shared/data``.
        tell: called with every event, see ``train``.

    Returns:
        A report. Its ``rows`` hold a ``Result`` for each test set, task and metric. ``cells``, ``reliability`` and ``groups``
        hold what else was asked for.

    Raises:
        InputError: ``data`` and ``recipe`` are both given or both missing, there are no test data, or they have a mistake; the
            message says what to do.
    """
    from mien.bundle.bundle import Bundle

    needs_train()
    from mien.workflows.evaluate_bundle import evaluate_bundle

    loaded = bundle if isinstance(bundle, Bundle) else Bundle.load(bundle)
    wanted = None if recipe is None else str(recipe)
    work = evaluate_bundle(loaded, wanted, _path(data), _path(data_root), subsets, calibration, groups)
    return finish(work, tell)


def compare(
    recipes: Sequence[str | Path | Recipe],
    *,
    seeds: Iterable[int] = range(5),
    changes: Sequence[str] = (),
    data: str | Path | None = None,
    data_root: str | Path | None = None,
    runs: str | Path = "runs",
    metric: str | None = None,
    folds: bool = False,
    subsets: bool = False,
    fresh: bool = False,
    tell: Callable[[Event], object] | None = None,
) -> Comparison:
    """Trains recipes with the same seeds and compares them on the same test examples.

    Finished trainings are not repeated; see docs/studies.md.

        import mien

        found = mien.compare(["late.toml", "gated.toml"], seeds=range(3), data="my.csv")
        print(found.markdown)
        found.save("comparison.html")

    Args:
        recipes: .toml files, names of shipped recipes, or ``Recipe`` objects. The others are tested against the first.
        seeds: each recipe is trained with each seed.
        changes: overrides such as "train.epochs=5" for each recipe; a ``Recipe`` object takes none.
        data: your own manifest (CSV, Parquet, JSONL, .npz) in place of the recipes' data; ``None`` for their own.
        data_root: folder of the recipes' data sets; ``None`` for the usual one.
        runs: folder of all runs. Trainings go to ``studied`` in it, and the comparison goes to ``compare-<hash>``.
        metric: name of the metric for the comparison; ``None`` for the usual metric of each task.
        folds: use all folds of the data and pool the test predictions of a seed, instead of one fold.
        subsets: also evaluate with modalities missing.
        fresh: repeat finished trainings.
        tell: called with every event, see ``train``.

    Returns:
        The comparison. Its files are written to its ``folder``.

    Raises:
        InputError: there is no recipe or no seed, no task has the metric, or the extra ``train`` is not installed.
        RecipeError: a recipe or a manifest has a mistake, ``changes`` are given for a ``Recipe`` object, or the data have no
            folds although ``folds`` is set.
        DivergedError: the loss of a training is no longer a finite number.
    """
    needs_train()
    from mien.study.plan import Plan
    from mien.workflows.compare_recipes import prepared, run

    chosen = _checked(seeds)
    entrants, corpora = finish(prepared(_several(recipes), _several(changes), _path(data), _path(data_root)), tell)
    plan = Plan(entrants, chosen, folds, metric, subsets, fresh)
    return finish(run(plan, corpora, Path(runs)), tell)


def _several(given: Sequence[T]) -> Sequence[T]:
    """What was given as a list. One string counts as a list of one, not as its letters."""
    return cast("list[T]", [given]) if isinstance(given, str) else given


def _checked(seeds: Iterable[int]) -> tuple[int, ...]:
    """The seeds, checked before the long work.

    Raises:
        InputError: there is no seed, or one is twice or not a whole number from 0.
    """
    found = tuple(seeds) if isinstance(seeds, Iterable) else ()
    whole = all(isinstance(s, int) and not isinstance(s, bool) and s >= 0 for s in found)
    if not found or not whole or len(set(found)) < len(found):
        raise InputError(f"seeds are whole numbers from 0 in a list, each once, such as [0, 1, 2], not {seeds!r}")
    return found


def _path(given: str | Path | None) -> Path | None:
    return None if given is None else Path(given)
