"""Measures the calibration of each subset of the modalities, on clips with several modalities.

    python benchmarks/subsets.py ravdess
    python benchmarks/subsets.py meld-dev

Each fold of the recipe's data is the test fold once. A bundle is trained on the others without one (seed 0), calibrated on that
one, and evaluated with every subset of the modalities. The answers of all folds are measured together. *before*: as the fusion
graph gives them, without the calibration of the subset. *too sure*: mean confidence minus accuracy.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from mien.bundle.bundle import Bundle
from mien.data.corpus import Corpus
from mien.data.sets import example_sets
from mien.data.shards.paths import data_root
from mien.evaluation.evaluate import BundleSystem, predict
from mien.evaluation.missing import by_subset
from mien.evaluation.predictions import Evaluation, Predictions, pooled
from mien.evaluation.reliability import figures_of
from mien.events import finish
from mien.recipe.recipe import Recipe, load
from mien.report.grid import Grid
from mien.report.studies.markdown import table
from mien.trust.calibration import Calibration
from mien.trust.judgement import Judgement, Trust
from mien.trust.sample import Sample
from mien.workflows.train_bundle import train_bundle

_FIGURES = ("accuracy", "ece", "floor", "debiased", "brier", "aurc")


def trained(recipe: Recipe, root: Path, runs: Path) -> Iterator[tuple[Corpus, Bundle]]:
    """A calibrated bundle for each fold; one that is there already is taken."""
    (source,) = recipe.data
    whole = Corpus([replace(source, valid="valid")], recipe.tasks, root)
    for fold in range(source.folds):
        plan = replace(recipe, data=(replace(source, fold=fold, valid="valid"),))
        corpus = whole.in_folds(plan.data)
        found = finish(train_bundle(plan, corpus, [0], runs / f"subsets-fold{fold}", resume=True))
        yield corpus, found.bundle


def said(corpus: Corpus, bundle: Bundle) -> Iterator[tuple[str, Predictions]]:
    """What a bundle says of its fold by each subset, "after" calibration and "before"."""
    plain = Bundle.load(bundle.folder)
    plain.trust = Trust(None, plain.tasks)
    (part,) = finish(example_sets(corpus, "test", bundle.encoders, bundle.tables, bundle.populations))
    for when, system in (("after", BundleSystem(bundle)), ("before", BundleSystem(plain))):
        for answers in finish(by_subset(system, part, finish(predict(system, part)))):
            yield when, answers


def figures(folds: list[Predictions]) -> dict[str, Any]:
    """Of the answers of all folds together."""
    (whole,) = pooled([Evaluation((), (part,)) for part in folds]).test
    sample = Sample.of(whole.scores, whole.targets, whole.groups)
    sure = float(sample.scores.max(axis=1).mean() - sample.right.mean())
    return {**vars(figures_of(sample, Judgement(Calibration.identity(whole.task.size)))), "too sure": sure}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", help="one task with one label, one set with folds")
    parser.add_argument("--data-root", type=Path)
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    given = parser.parse_args()
    root = data_root(given.data_root)
    found: defaultdict[tuple[str, str], list[Predictions]] = defaultdict(list)
    for corpus, bundle in trained(load(given.recipe), root, given.runs):
        for when, answers in said(corpus, bundle):
            found[when, answers.modality].append(answers)
    rows = []
    for modality in dict.fromkeys(name for _, name in found):
        after, before = (figures(found[when, modality]) for when in ("after", "before"))
        cells = [f"{after['n']:,}", f"{before['ece']:.3f}", *(f"{after[k]:.3f}" for k in _FIGURES)]
        rows.append((modality, *cells, f"{after['too sure']:+.3f}"))
    print(table(Grid(("modalities", "n", "ece before", *_FIGURES, "too sure"), tuple(rows))))


if __name__ == "__main__":
    main()
