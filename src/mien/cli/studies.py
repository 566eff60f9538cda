"""The verbs of studies: compare, tune, evaluate and bench. Each is one short function."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from mien.cli import llm as llm_options
from mien.cli.app import Code, Lang, Runs, Yes, app, asked
from mien.cli.language import LANG
from mien.cli.progress import Notices, followed, say, show

Overrides = Annotated[list[str] | None, typer.Option("--set", help="Override, for example train.epochs=5.")]
Own = Annotated[Path | None, typer.Option(help="Your own manifest, in place of the recipe's data.")]
Root = Annotated[Path | None, typer.Option(help="Folder of the data sets.")]
Metric = Annotated[str | None, typer.Option(help="What systems are compared by; else the usual one of each task.")]


@app.command()
def compare(
    recipes: Annotated[list[str], typer.Argument(help="Recipes: .toml files, or names of shipped ones.")],
    seeds: Annotated[int, typer.Option(help="Train each with so many seeds.")] = 5,
    set_: Overrides = None,
    data: Own = None,
    metric: Metric = None,
    folds: Annotated[bool, typer.Option("--folds", help="All folds of the data, their predictions pooled.")] = False,
    subsets: Annotated[bool, typer.Option("--subsets", help="Also with modalities missing.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Train again what is finished.")] = False,
    data_root: Root = None,
    runs: Runs = Path("runs"),
    allow_code: Code = False,
    lang: Lang = LANG,
) -> None:
    """Train recipes with the same seeds and compare them on the same test examples: a table in Markdown, JSON and HTML."""
    from mien.runtime.extras import needs_train

    needs_train()
    from mien.study.plan import Plan
    from mien.workflows.compare_recipes import prepared, run

    tell = Notices()
    entrants, corpora = followed(prepared(recipes, set_ or [], data, data_root, partial(asked, allow_code)), tell)
    plan = Plan(entrants, tuple(range(seeds)), folds, metric, subsets, fresh)
    found = followed(run(plan, corpora, runs, lang), tell)
    show(found.markdown)
    say(f"written to {found.folder}")


@app.command()
def evaluate(
    bundle: Annotated[str, typer.Argument(help="research, open, or the folder of a bundle.")] = "research",
    recipe: Annotated[str | None, typer.Option(help="Evaluate it on the test data of this recipe.")] = None,
    data: Own = None,
    subsets: Annotated[bool, typer.Option("--subsets", help="Also with modalities missing.")] = False,
    calibration: Annotated[
        bool, typer.Option("--calibration", help="Also how far the probabilities of each subset of modalities hold.")
    ] = False,
    groups: Annotated[str | None, typer.Option(help="Also by the groups a column of the data names: gender.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page with reliability diagrams to this file.")] = None,
    json: Annotated[Path | None, typer.Option(help="Write the rows to this file.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write the rows to this file.")] = None,
    llm: llm_options.Where = None,
    llm_model: llm_options.Named = "",
    llm_samples: llm_options.Samples = 5,
    llm_can: llm_options.Can = "",
    llm_frames: llm_options.FaceCount = 4,
    llm_blind: llm_options.Blind = False,
    llm_reason: llm_options.Reason = True,
    llm_calibration: llm_options.Fitted = None,
    llm_limit: llm_options.Most = None,
    llm_agreement: llm_options.Again = False,
    open_vocabulary: llm_options.OpenWords = False,
    yes: Yes = False,
    data_root: Root = None,
) -> None:
    """Evaluate a bundle on labelled data: every metric with its interval, and what is left when modalities are missing."""
    from mien.runtime.extras import needs_report, needs_train

    needs_train()
    if html is not None:
        needs_report()
    from rich.console import Console

    from mien.bundle.answer import single
    from mien.bundle.bundle import Bundle
    from mien.report.studies.evaluation import evaluation_page
    from mien.report.terminal.evaluation import render
    from mien.workflows.evaluate_bundle import evaluate_bundle
    from mien.workflows.llms.on_data import evaluate_llm
    from mien.workflows.outputs import STDOUT, check_outputs, put

    outputs = {kind: path for kind, path in (("html", html), ("json", json), ("csv", csv)) if path is not None}
    check_outputs(outputs, [data] if data is not None else [])
    loaded = Bundle.load(bundle)
    asked = llm_options.options(
        llm, llm_model, llm_samples, llm_can, llm_frames, llm_blind, llm_calibration, llm_reason
    )
    labels = single(loaded.tasks).labels
    with llm_options.asking(asked, labels, yes, words=open_vocabulary, again=llm_agreement) as asker:
        if asker is None:
            work = evaluate_bundle(loaded, recipe, data, data_root, subsets, calibration, groups)
        else:
            work = evaluate_llm(asker, loaded, recipe, data, data_root, llm_limit, llm_agreement)
        found = followed(work, Notices())
    if STDOUT not in outputs.values():
        Console().print(render(found))
    written = {"html": lambda: evaluation_page(found, loaded.name), "json": found.to_json, "csv": found.to_csv}
    for kind, path in outputs.items():
        put(path, written[kind]())


@app.command()
def tune(
    recipe: Annotated[str, typer.Argument(help="A .toml file with a [tune] table.")],
    trials: Annotated[int, typer.Option(help="How many trainings in all.")] = 40,
    set_: Overrides = None,
    data: Own = None,
    metric: Annotated[str | None, typer.Option(help="Of the validation data; else their loss.")] = None,
    data_root: Root = None,
    runs: Runs = Path("runs"),
) -> None:
    """Look for better numbers in a recipe. Validation data alone decide; the test split is not read."""
    from mien.runtime.extras import needs_train, needs_tune

    needs_train()
    needs_tune()
    from mien.data.shards.paths import data_root as find
    from mien.study.tune import Search
    from mien.study.tune import tune as look

    search = Search(recipe, tuple(set_ or ()), trials, metric, data)
    root = find(data_root) if data is None else data.parent
    found = followed(look(search, root, runs), Notices())
    values = ", ".join(f"{key} = {value}" for key, value in found.values.items())
    show(f"best of {found.trials} trials: {found.score:.4f} with {values}\nwritten to {found.file}")


@app.command()
def bench(
    which: Annotated[str, typer.Argument(help="A benchmark of mien, or a .toml file.")],
    document: Annotated[
        Path | None,
        typer.Option(help="Whose table is rebuilt; else docs/benchmarks.md, or a file of its own where there is none."),
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Train again what is finished.")] = False,
    data_root: Root = None,
    runs: Runs = Path("runs"),
) -> None:
    """Rebuild a table of the documentation beside the published figures; what is trained already is not trained again."""
    from mien.runtime.extras import needs_train

    needs_train()
    from mien.data.shards.paths import data_root as find
    from mien.workflows.rebuild_benchmark import rebuild

    found = followed(rebuild(which, document, fresh, find(data_root), runs), Notices())
    show(found.table)
    say(f"written to {found.document}")
