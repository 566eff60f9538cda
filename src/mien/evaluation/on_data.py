"""Evaluates a bundle on labelled data: results, and optionally missing modalities and calibration."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mien.bundle.bundle import Bundle
from mien.data.corpus import Corpus
from mien.data.own import own_data
from mien.data.sets import example_sets
from mien.data.shards.paths import data_root
from mien.errors import InputError
from mien.evaluation.evaluate import BundleSystem, evaluate
from mien.evaluation.missing import Cell, by_subset, missing
from mien.evaluation.predictions import Predictions
from mien.evaluation.reliability import Bin, Point, curve, diagram, figures_of
from mien.evaluation.report import EvaluationReport, Reliability
from mien.evaluation.results import results
from mien.events import Work
from mien.recipe.recipe import load
from mien.trust.judgement import Judgement
from mien.trust.sample import Sample
from mien.types import MODALITIES


def data_for(bundle: Bundle, recipe: str | None, data: Path | None, root: Path | None) -> Work[Corpus]:
    """The data that a bundle is evaluated on, labelled for its tasks.

    Args:
        bundle: the bundle that is evaluated.
        recipe: name or file of a recipe whose data are used; ``None`` for none.
        data: the user's own manifest; ``None`` for none.
        root: folder of the data sets; ``None`` for the usual one.

    Raises:
        InputError: neither ``recipe`` nor ``data`` is given, or both are.
    """
    if recipe is None and data is None:
        raise InputError(
            "name the data to evaluate on: --data my.csv, or --recipe with a recipe whose test data to take"
        )
    if recipe is not None and data is not None:
        raise InputError("--data and --recipe both name data to evaluate on; leave out one of them")
    if recipe is not None:
        return Corpus(load(recipe).data, bundle.tasks, data_root(root))
    return (yield from own_data(bundle.recipe, data, "evaluate"))[1]  # type: ignore[arg-type]  # one of both is given


def report_on(
    bundle: Bundle, corpus: Corpus, subsets: bool = False, calibration: bool = False
) -> Work[EvaluationReport]:
    """Evaluate a bundle on the test data of a corpus.

    Args:
        bundle: the bundle that is evaluated.
        corpus: the data, labelled for the bundle's tasks.
        subsets: whether it is also evaluated with missing modalities.
        calibration: whether its calibration is also evaluated, for each subset of the modalities.

    Raises:
        InputError: there are no test data, or ``calibration`` is set and no task is single-label.
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
    return EvaluationReport(found, results([found]), cells, reliability(bundle, said))


def reliability(bundle: Bundle, parts: Sequence[Predictions]) -> list[Reliability]:
    """One row for each part of a single-label task, with the label sets and threshold for the part's ``modality``."""
    rows = []
    for part in parts:
        judgement = bundle.trust.of(part.task.name, [m for m in MODALITIES if m in part.modality.split("+")])
        if judgement is not None:
            rows.append(_row(part, judgement))
    return rows


def _row(part: Predictions, judgement: Judgement) -> Reliability:
    sample = Sample.of(part.scores, part.targets, part.groups)
    return Reliability(
        part.set,
        part.task.name,
        part.modality,
        figures_of(sample, judgement),
        diagram=tuple(Bin(round(b.confidence, 4), round(b.accuracy, 4), b.n) for b in diagram(sample)),
        risk_coverage=tuple(Point(round(p.answered, 4), round(p.risk, 4)) for p in curve(sample)),
    )
