"""Compares recipes from start to end: they are trained and evaluated on the same examples, and tables are written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mien.data.corpus import Corpus
from mien.data.rows import read_rows
from mien.errors import InputError
from mien.evaluation.boards import Entrant
from mien.events import Work
from mien.recipe.own_code import Asked, refuse
from mien.recipe.recipe import Recipe
from mien.runtime.extras import has_report
from mien.study.compare import boards
from mien.study.plan import Plan, outcomes
from mien.workflows.comparison import Comparison
from mien.workflows.train_bundle import checked, planned


def prepared(
    recipes: Sequence[str | Path | Recipe],
    changes: Sequence[str],
    data: Path | None,
    root: Path | None,
    asked: Asked = refuse,
) -> Work[tuple[tuple[Entrant, ...], tuple[Corpus, ...]]]:
    """The recipes under their names in tables, and the data of each. See ``doors.compare``.

    Raises:
        InputError: no recipe is named.
        RecipeError: a recipe or a manifest has a mistake.
    """
    if not recipes:
        raise InputError("name the recipes that are to be compared")
    # All recipes are checked before data are read, because reading may take long.
    chosen = [checked(recipe, changes, asked) for recipe in recipes]
    rows = None if data is None else list(read_rows(data))
    plans, corpora = [], []
    for recipe in chosen:
        plan, corpus = yield from planned(recipe, (), data, root, rows, asked)
        plans.append(plan)
        corpora.append(corpus)
    return tuple(Entrant(label, plan) for label, plan in zip(_labels(recipes), plans, strict=True)), tuple(corpora)


def _labels(recipes: Sequence[str | Path | Recipe]) -> list[str]:
    """Short names, if no two of them are the same; otherwise full paths and numbered names."""
    short = [recipe.name if isinstance(recipe, Recipe) else Path(recipe).stem for recipe in recipes]
    if len(set(short)) == len(short):
        return short
    numbered = enumerate(zip(short, recipes, strict=True), start=1)
    return [f"{name} ({k})" if isinstance(recipe, Recipe) else str(recipe) for k, (name, recipe) in numbered]


def run(plan: Plan, corpora: Sequence[Corpus], runs: Path, lang: str = "en") -> Work[Comparison]:
    """Trains what is not finished, compares, and writes the tables to ``runs/compare-<hash>``.

    Args:
        plan: see ``Plan``.
        corpora: the data of each entrant.
        runs: folder of all runs.
        lang: language of the page.
    """
    found = yield from outcomes(plan, corpora, runs)
    comparison = Comparison(plan, tuple(boards(found, plan.metric)), found, runs / plan.name)
    comparison.folder.mkdir(parents=True, exist_ok=True)
    for ending in ("md", "json", *(["html"] if has_report() else [])):
        comparison.save(comparison.folder / f"comparison.{ending}", lang)
    return comparison
