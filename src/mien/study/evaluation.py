"""A bundle on labelled data: rows of results, and what is left when modalities are missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from mien.bundle.bundle import Bundle
from mien.data.manifest import data_root
from mien.data.own import own_data
from mien.errors import InputError
from mien.evaluation.evaluate import BundleSystem, evaluate
from mien.evaluation.evaluation_report import EvaluationReport
from mien.evaluation.missing import by_subset, missing
from mien.evaluation.results import results
from mien.events import finish
from mien.recipe.recipe import Recipe, load
from mien.study.calibration import calibration as trust_of
from mien.training.result import example_sets, progress_bars


def on(
    bundle: Bundle, recipe: str | None, data: Path | None, root: Path | None, say: Callable[[str], None]
) -> tuple[Recipe, Path]:
    """The data a bundle is judged on, as a recipe with the bundle's tasks, and the folder that holds them.

    Args:
        bundle: what is judged.
        recipe: name or file of a recipe whose data to take.
        data: the user's own manifest instead.
        root: folder of the data sets.
        say: told what was decided about the user's data.

    Raises:
        InputError: if not exactly one of both is named.
    """
    if recipe is None and data is None:
        raise InputError("name the data to judge on: --data my.csv, or --recipe with a recipe whose test data to take")
    if recipe is not None and data is not None:
        raise InputError("--data and --recipe both name data to judge on; leave out one of them")
    if recipe is not None:
        return replace(load(recipe), tasks=bundle.tasks), data_root(root)
    return own_data(bundle.recipe, data, say, "judge"), data.parent  # type: ignore[arg-type, union-attr]  # one of both is given


def judged(
    bundle: Bundle, recipe: Recipe, root: Path, subsets: bool = False, calibration: bool = False, quiet: bool = False
) -> EvaluationReport:
    """Ask a bundle about the test data of a recipe.

    Args:
        bundle: what is judged.
        recipe: whose data; its encoders are not looked at.
        root: folder of the data sets.
        subsets: also with modalities missing.
        calibration: also how far probabilities hold, for each subset of the modalities.
        quiet: no progress bars.

    Raises:
        InputError: if there are no test data, or nothing that ``calibration`` could measure.
    """
    if calibration and all(task.kind != "single" for task in bundle.tasks):
        raise InputError(
            "--calibration measures answers that are one label each, and no task of this bundle is of that kind"
        )
    plan = replace(recipe, encoders=bundle.tables)
    with progress_bars(quiet) as bars:
        given = bundle.encoders, root, bars, bundle.populations
        valid, test = (example_sets(plan, split, *given) for split in ("valid", "test"))
    if not test:
        raise InputError("there are no test examples in these data that the bundle can read")
    system = BundleSystem(bundle)
    found = finish(evaluate(system, valid, test))
    cells = [cell for part in test for cell in finish(missing(system, part))] if subsets else []
    of = {part.name: [p for p in found.test if p.set == part.name] for part in test}
    said = [p for part in test for p in finish(by_subset(system, part, of[part.name]))] if calibration else []
    return EvaluationReport(found, results([found]), cells, trust_of(bundle, said))
