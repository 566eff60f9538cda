"""Evaluates a bundle on labelled data: every metric with its interval, and what else was asked for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mien.bundle.bundle import Bundle
from mien.evaluation.group_report import attributes, compared
from mien.evaluation.on_data import data_for, report_on
from mien.evaluation.report import EvaluationReport
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
    """Evaluates a bundle on the test data of a recipe, or on the user's data. The data are read once.

    Args:
        bundle: the bundle.
        recipe: name or file of a recipe whose test data are used; ``None`` with ``data``.
        data: the user's own manifest; ``None`` with ``recipe``.
        root: folder of the recipe's data sets; ``None`` for the usual one.
        subsets: also evaluate with modalities missing.
        calibration: also measure how well the probabilities are calibrated, for each subset of the modalities.
        groups: also compare the groups in this column of the data; ``None`` for no groups.

    Raises:
        InputError: ``recipe`` and ``data`` are both given or both missing, there are no test data, or there is nothing that
            ``calibration`` or ``groups`` could compare.
        RecipeError: a recipe or a manifest has a mistake.
    """
    corpus = yield from data_for(bundle, recipe, data, root)
    named: dict[str, str] = {}
    if groups:
        # The column is read first, so that a spelling mistake in its name is found before the long evaluation.
        named = yield from attributes(corpus, groups)
    found = yield from report_on(bundle, corpus, subsets, calibration)
    return replace(found, groups=compared(found.evaluation, groups, named)) if groups else found
