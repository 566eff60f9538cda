"""A bundle on labelled data: every metric with its interval, and what else was asked for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mien.bundle.bundle import Bundle
from mien.evaluation.evaluation_report import EvaluationReport
from mien.evaluation.group_report import attributes, compared
from mien.evaluation.on_data import data_for, report_on
from mien.events import Work


def evaluate_bundle(
    bundle: Bundle,
    recipe: str | None = None,
    data: Path | None = None,
    root: Path | None = None,
    subsets: bool = False,
    calibration: bool = False,
    groups: str | None = None,
) -> Work[EvaluationReport]:
    """Evaluate a bundle on the test data of a recipe, or on the user's. The data are read once.

    Args:
        bundle: what is evaluated.
        recipe: name or file of a recipe whose test data to take.
        data: the user's own manifest instead.
        root: folder of the recipe's data sets; ``None`` for the usual one.
        subsets: also with modalities missing.
        calibration: also how far probabilities hold, for each subset of the modalities.
        groups: also by the groups that this column of the data names; ``None`` for none.

    Raises:
        InputError: not exactly one of ``recipe`` and ``data`` is named, there are no test data, or nothing that ``calibration``
            or ``groups`` could compare.
        RecipeError: a recipe or a manifest with a mistake.
    """
    corpus = yield from data_for(bundle, recipe, data, root)
    named: dict[str, str] = {}
    if groups:
        # Read first, so that a misspelt column is told before the bundle has read everything.
        named = yield from attributes(corpus, groups)
    found = yield from report_on(bundle, corpus, subsets, calibration)
    return replace(found, groups=compared(found.evaluation, groups, named)) if groups else found
