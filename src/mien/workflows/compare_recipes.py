"""Recipes compared from start to end: trained, asked about the same examples, and written down."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from mien.data.corpus import Corpus
from mien.data.rows import read_rows
from mien.errors import InputError
from mien.evaluation.comparison import Entrant
from mien.events import Event, Work, finish
from mien.recipe.recipe import Recipe, load
from mien.runtime.extras import has_report, needs_train
from mien.study.compare import boards
from mien.study.comparison import Plan, outcomes
from mien.training.loop import check_names
from mien.workflows.comparison import Comparison
from mien.workflows.train_bundle import planned


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
    own, root = (None if path is None else Path(path) for path in (data, data_root))
    entrants, corpora = finish(prepared(recipes, changes, own, root), tell)
    plan = Plan(entrants, tuple(seeds), folds, metric, subsets, fresh)
    return finish(run(plan, corpora, Path(runs)), tell)


def prepared(
    recipes: Sequence[str | Path | Recipe], changes: Sequence[str], data: Path | None, root: Path | None
) -> Work[tuple[tuple[Entrant, ...], tuple[Corpus, ...]]]:
    """Recipes under the names that tables give them, and their data. See ``compare``."""
    if not recipes:
        raise InputError("name the recipes that are to be compared")
    loaded = [recipe if isinstance(recipe, Recipe) else load(recipe, changes) for recipe in recipes]
    for recipe in loaded:
        check_names(recipe)  # of all of them, before any data are read
    rows = None if data is None else list(read_rows(data))
    plans, corpora = [], []
    for recipe in loaded:
        plan, corpus = yield from planned(recipe, (), data, root, rows)
        plans.append(plan)
        corpora.append(corpus)
    return tuple(Entrant(label, plan) for label, plan in zip(_labels(recipes), plans, strict=True)), tuple(corpora)


def _labels(recipes: Sequence[str | Path | Recipe]) -> list[str]:
    """Short names, as long as no two are the same."""
    short = [recipe.name if isinstance(recipe, Recipe) else Path(recipe).stem for recipe in recipes]
    if len(set(short)) == len(short):
        return short
    numbered = enumerate(zip(short, recipes, strict=True), start=1)
    return [f"{name} ({k})" if isinstance(recipe, Recipe) else str(recipe) for k, (name, recipe) in numbered]


def run(plan: Plan, corpora: Sequence[Corpus], runs: Path) -> Work[Comparison]:
    """Train what is not finished, compare, and write the tables to ``runs/compare-<hash>``.

    Args:
        plan: see ``Plan``.
        corpora: the data of each entrant.
        runs: folder of all runs.
    """
    found = yield from outcomes(plan, corpora, runs)
    comparison = Comparison(plan, tuple(boards(found, plan.metric)), found, runs / plan.name)
    comparison.folder.mkdir(parents=True, exist_ok=True)
    for ending in ("md", "json", *(["html"] if has_report() else [])):
        comparison.save(comparison.folder / f"comparison.{ending}")
    return comparison
