"""A bundle on labelled data: rows of results, and what is left when modalities are missing."""

from __future__ import annotations

from pathlib import Path

from mien.bundle.bundle import Bundle
from mien.data.corpus import Corpus
from mien.data.manifest import data_root
from mien.data.own import own_data
from mien.data.sets import example_sets
from mien.errors import InputError
from mien.evaluation.evaluate import BundleSystem, evaluate
from mien.evaluation.evaluation_report import EvaluationReport
from mien.evaluation.missing import Cell, by_subset, missing
from mien.evaluation.predictions import Predictions
from mien.evaluation.results import results
from mien.events import Work
from mien.recipe.recipe import load
from mien.study.calibration import calibration as trust_of


def on(bundle: Bundle, recipe: str | None, data: Path | None, root: Path | None) -> Work[Corpus]:
    """The data that a bundle is evaluated on, labelled for its tasks.

    Args:
        bundle: what is judged.
        recipe: name or file of a recipe whose data to take.
        data: the user's own manifest instead.
        root: folder of the data sets.

    Raises:
        InputError: if not exactly one of both is named.
    """
    if recipe is None and data is None:
        raise InputError("name the data to judge on: --data my.csv, or --recipe with a recipe whose test data to take")
    if recipe is not None and data is not None:
        raise InputError("--data and --recipe both name data to judge on; leave out one of them")
    if recipe is not None:
        return Corpus(load(recipe).data, bundle.tasks, data_root(root))
    return (yield from own_data(bundle.recipe, data, "evaluate"))[1]  # type: ignore[arg-type]  # one of both is given


def judged(bundle: Bundle, corpus: Corpus, subsets: bool = False, calibration: bool = False) -> Work[EvaluationReport]:
    """Ask a bundle about the test data of a corpus.

    Args:
        bundle: what is evaluated.
        corpus: the data, labelled for the bundle's tasks.
        subsets: also with modalities missing.
        calibration: also how far probabilities hold, for each subset of the modalities.

    Raises:
        InputError: if there are no test data, or nothing that ``calibration`` could measure.
    """
    if calibration and all(task.kind != "single" for task in bundle.tasks):
        raise InputError(
            "--calibration measures answers that are one label each, and no task of this bundle is of that kind"
        )
    valid = yield from example_sets(corpus, "valid", bundle.encoders, bundle.tables, bundle.populations)
    test = yield from example_sets(corpus, "test", bundle.encoders, bundle.tables, bundle.populations)
    if not test:
        raise InputError("there are no test examples in these data that the bundle can read")
    system = BundleSystem(bundle)
    found = yield from evaluate(system, valid, test)
    cells: list[Cell] = []
    said: list[Predictions] = []
    for part in test:
        if subsets:
            cells += yield from missing(system, part)
        if calibration:
            said += yield from by_subset(system, part, [p for p in found.test if p.set == part.name])
    return EvaluationReport(found, results([found]), cells, trust_of(bundle, said))
