"""mien reads the emotion a person expresses in words, voice and face, together, from raw media, on a laptop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mien.runtime import threads

if TYPE_CHECKING:
    from mien.bundle.bundle import Bundle
    from mien.evaluation.evaluation_report import EvaluationReport
    from mien.events import Event
    from mien.pipeline import Analyzer, analyze
    from mien.recipe.recipe import Recipe
    from mien.training.devices import Devices
    from mien.workflows.train_bundle import TrainedBundle

__version__ = "0.1.0"
__all__ = ["Analyzer", "__version__", "analyze", "evaluate", "train"]


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
    from mien.events import finish
    from mien.runtime.extras import needs_train

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
    from mien.events import finish
    from mien.runtime.extras import needs_train

    needs_train()
    from mien.workflows.evaluate_bundle import evaluate_bundle

    loaded = bundle if isinstance(bundle, Bundle) else Bundle.load(bundle)
    wanted = None if recipe is None else str(recipe)
    work = evaluate_bundle(loaded, wanted, _path(data), _path(data_root), subsets, calibration, groups)
    return finish(work, tell)


def _path(given: str | Path | None) -> Path | None:
    return None if given is None else Path(given)


# Before anything of ours imports NumPy or ONNX Runtime: they read the environment once.
threads.own()


def __getattr__(name: str) -> Any:
    # Analysis brings media and ONNX libraries; ``import mien`` alone must stay light.
    if name in ("Analyzer", "analyze"):
        from mien import pipeline

        return getattr(pipeline, name)
    raise AttributeError(f"module 'mien' has no attribute '{name}'")
