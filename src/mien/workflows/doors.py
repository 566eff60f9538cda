"""What a notebook calls: train, evaluate, compare. Each runs its work to the end; ``tell`` hears what goes on meanwhile.

They need ``mien[train]``, and are imported where that is missing too: then they say how to install it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mien.events import Event, finish
from mien.runtime.extras import needs_train

if TYPE_CHECKING:
    from mien.bundle.bundle import Bundle
    from mien.evaluation.evaluation_report import EvaluationReport
    from mien.recipe.recipe import Recipe
    from mien.training.devices import Devices
    from mien.workflows.comparison import Comparison
    from mien.workflows.train_bundle import TrainedBundle


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
) -> TrainedBundle:
    """Train a recipe, export what it learned as a bundle, and evaluate that: what ``mien train`` does. Needs ``mien[train]``.

    Args:
        recipe: name of a shipped recipe, a .toml file, or a ``Recipe``.
        data: your own manifest (CSV, Parquet, JSONL or .npz, see docs/data.md) in place of the recipe's data. Columns that it
            lacks leave their modality out.
        changes: overrides of single values: ``["train.epochs=5"]``; ``"-encoders.face"`` takes something out.
        seeds: one training each. The bundle of the first one is kept; results are means over all.
        runs: folder of all runs. Seed 0 of ``fusion`` on ``my.csv`` goes to ``runs/fusion-my/seed0``.
        resume: go on where a run was broken off.
        data_root: folder of the recipe's data sets; ``None`` for ``MIEN_DATA``, else ``../shared/data``.
        devices: where to train; ``None`` for one device, a GPU where there is one.
        tell: called with every event: progress, and notices of what was decided or could not be read, of which
            ``mien.report.sentences`` makes sentences. ``None`` to listen to nothing. What it raises stops the training.

    Returns:
        The bundle, its results on the test data, and the folders of the runs.

    Raises:
        InputError: a recipe, a manifest or an argument with a mistake, or a folder that holds a run already; the message says
            what to do.
        DivergedError: the loss is no finite number any more.
        ParityError: the exported graphs do not answer as the trained model does.
    """
    needs_train()
    from mien.workflows.train_bundle import planned, train_bundle

    plan, corpus = finish(planned(recipe, changes, _path(data), _path(data_root)), tell)
    command = f"mien.train({str(recipe) if isinstance(recipe, str | Path) else recipe.name!r}, data={data!r})"
    return finish(train_bundle(plan, corpus, seeds, Path(runs), resume, devices, command), tell)


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
    """Evaluate a bundle on labelled data: what ``mien evaluate`` does. Needs ``mien[train]``.

    Args:
        bundle: name of a shipped bundle, the folder of one, or a ``Bundle``.
        data: your own manifest. Its rows whose split is "test" are evaluated, or all where none is.
        recipe: name or file of a recipe whose test data to take instead.
        subsets: also with modalities missing.
        calibration: also how far the probabilities hold, for each subset of the modalities.
        groups: also by the groups that a column of the data names, such as "gender"; ``None`` for none.
        data_root: folder of the recipe's data sets; ``None`` for ``MIEN_DATA``, else ``../shared/data``.
        tell: called with every event, see ``train``.

    Returns:
        ``rows``: a ``Result`` for each test set, task and metric; ``cells``, ``trust`` and ``groups``: what else was asked for.

    Raises:
        InputError: not exactly one of ``data`` and ``recipe``, no test data, or a mistake in them; the message says what to do.
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
    """Train recipes with the same seeds and compare them on the same test examples.

    What was trained before is not trained again; see docs/studies.md.

        import mien

        found = mien.compare(["late.toml", "gated.toml"], seeds=range(3), data="my.csv")
        print(found.markdown)
        found.save("comparison.html")

    Args:
        recipes: .toml files, names of shipped recipes, or recipes. The others are tested against the first.
        seeds: each recipe is trained with all of them.
        changes: "train.epochs=5" overrides of every recipe that is a file or shipped.
        data: your own manifest (CSV, Parquet, JSONL, .npz) in place of the recipes' data; ``None`` for their own.
        data_root: folder of the recipes' data sets; ``None`` for the usual one.
        runs: folder of all runs. Trainings are kept in ``studied`` there, the comparison in ``compare-<hash>``.
        metric: what is compared by; ``None`` for the usual metric of each task.
        folds: all folds of the data, the test predictions of a seed pooled, instead of the one that a recipe names.
        subsets: measure what is left when modalities are missing, too.
        fresh: train again what is finished.
        tell: called with every event: progress and notices; ``None`` to listen to nothing.

    Returns:
        The comparison. Its files are written to its ``folder``.

    Raises:
        InputError: no recipe, no seed, a metric that no task has, or the extra ``train`` is not installed.
        RecipeError: a recipe or a manifest with a mistake, or no folds where they are asked for.
        DivergedError: the loss of a training is no finite number any more.
    """
    needs_train()
    from mien.study.comparison import Plan
    from mien.workflows.compare_recipes import prepared, run

    entrants, corpora = finish(prepared(recipes, changes, _path(data), _path(data_root)), tell)
    plan = Plan(entrants, tuple(seeds), folds, metric, subsets, fresh)
    return finish(run(plan, corpora, Path(runs)), tell)


def _path(given: str | Path | None) -> Path | None:
    return None if given is None else Path(given)
