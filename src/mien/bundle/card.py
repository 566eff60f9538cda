"""Writes the model card of a bundle in Markdown, from its table alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from mien.bundle.card_trust import trusted
from mien.bundle.origin import origins
from mien.bundle.results import Result
from mien.bundle.table import BundleTable
from mien.recipe import strict
from mien.recipe.recipe import Source, Target
from mien.types import EMOTION, INPUTS, Modality

_USE = """\
It cannot tell what a person feels, and must not decide
about people: not in hiring, policing, border control, grading or diagnosis. In the EU, emotion recognition at work and in
schools is largely forbidden (AI Act, Article 5). Expect it to be worse on other languages, ages, cultures and on people unlike
those in the data."""


def card(table: BundleTable) -> str:
    """The card in Markdown.

    Raises:
        RecipeError: this version cannot read the recipe of the bundle.
    """
    recipe = table.training
    single = any(t.kind == "single" for t in table.tasks)
    parts = [
        f"# Model card: {table.name}",
        table.summary,
        f"**Licence of the weights:** {table.licence}" if table.licence else "",
        "\n".join(f"- {note}" for note in table.notes),
        "## Intended use and limits",
        f"{_reads(table)} {_USE}",
        recipe.export.limits,
        "## Parts",
        _parts(table),
        *(["## Where the parts come from", origins(table.origins, _tables(table))] if table.origins else []),
        *(["## Training data", _training(table)] if recipe.data or table.lineage else []),
        "## How the parts were joined" if recipe.export.fitting else "",
        recipe.export.fitting,
        "## How well it does",
        results(table.evaluation),
        *(["## How far an answer can be trusted", trusted(table.trust)] if single else []),
        *_places(table),
        f"Made by {table.made_by} with the {'recipe' if recipe.data else 'specification'} `{recipe.name}`, seed {recipe.seed}.",
    ]
    return "\n\n".join(p for p in parts if p) + "\n"


def _reads(table: BundleTable) -> str:
    tasks = [t.name for t in table.tasks]
    *others, last = (INPUTS[m] for m in table.modalities)
    where = f"{', '.join(others)} and {last}" if others else last
    if EMOTION.name in tasks:
        return f"It reads the emotion a person *expresses* in {where}."
    return f"It reads {', '.join(tasks)} in {where}."


def _tables(table: BundleTable) -> dict[Modality, Mapping[str, str]]:
    """The label tables of the parts that are classifiers, by modality."""
    options = {m: entry.options.get("labels") for m, entry in table.encoders.items()}
    return {m: found for m, found in options.items() if isinstance(found, Mapping)}


def _places(table: BundleTable) -> list[str]:
    """The section on where valence and arousal come from; empty when no task has labels with positions."""
    places = table.positions
    if not any(t.labels and set(t.labels) <= places.keys() for t in table.tasks):
        return []
    return [
        "## Valence and arousal",
        "No data set at hand has both; they are the means of the labels' published circumplex positions (Russell and "
        "Mehrabian 1977) under the probabilities: "
        + ", ".join(f"{label} ({valence:g}, {arousal:g})" for label, (valence, arousal) in places.items())
        + ".",
    ]


def _parts(table: BundleTable) -> str:
    lines = ["| part | kind | file | bytes | SHA-256 |", "|---|---|---|---|---|"]
    parts = [(m, entry.name, entry.graph) for m, entry in table.encoders.items()]
    for part, kind, graph in [*parts, ("fusion", table.fusion.name, table.fusion.graph)]:
        lines.append(f"| {part} | {kind} | {graph.file} | {graph.bytes} | `{graph.sha256}` |")
    if (parity := table.parity) is not None:
        same = "" if parity.same_top_label is None else f"same top label in {parity.same_top_label:.1%}, "
        kinds = dict.fromkeys("score" if task.kind == "score" else "probability" for task in table.tasks)
        lines.append(
            f"\nChecked against torch on {parity.examples} real examples: {same}"
            f"largest difference of a {' or '.join(kinds)} {parity.largest_difference:.2g}."
        )
    return "\n".join(lines)


def _training(table: BundleTable) -> str:
    """The data of the parts that were trained before, then the data of the recipe itself."""
    recipe = table.training
    parts = [
        f"The {modality} part comes from the recipe `{before['name']}`, seed {before['seed']}:\n\n{_data(_sources(before))}"
        for modality, before in table.lineage.items()
    ]
    learned = ", ".join(recipe.train.learn)
    own = f"The recipe `{recipe.name}` itself" + (f" then fitted only {learned}:" if parts else ":")
    return "\n\n".join([*parts, f"{own}\n\n{_data(recipe.data)}"])


def _sources(recipe: Mapping[str, Any]) -> list[Source]:
    """The data of the recipe of an earlier run. Keys that a source no longer has are ignored."""
    place = f"the data of the recipe '{recipe['name']}'"
    known = {f.name for f in fields(Source)}
    given = strict.value(tuple[dict[str, Any], ...], recipe.get("data"), place)
    tables = [{key: value for key, value in source.items() if key in known} for source in given]
    return [strict.build(Source, table, place) for table in tables]


def _data(sources: Sequence[Source]) -> str:
    lines = ["| set | read as | split trained on | degraded by | labels used |", "|---|---|---|---|---|"]
    for s in sources:
        kinds = ", ".join([*s.clip, *(f"{m} features" for m in s.features)])
        labels = "; ".join(f"{task}: {_labels(target)}" for task, target in s.targets.items())
        ways = ", ".join(way or "nothing" for way in s.degrade)
        lines.append(f"| {s.name} | {kinds} | {s.train or 'none'} | {ways} | {labels} |")
    return "\n".join(lines)


def _labels(target: Target) -> str:
    return ", ".join(f"{k} -> {v}" if k != v else k for k, v in target.labels.items()) or "as they are"


def results(rows: Sequence[Result]) -> str:
    """A Markdown table of measured results."""
    if not rows:
        return "Not evaluated yet."
    several = len({r.task for r in rows}) > 1
    bounded = any(r.interval for r in rows)
    head = ["set", "split", "modality", *(["task"] if several else []), "metric", "value"]
    head += [*(["95 % interval"] if bounded else []), "majority baseline", "n", "seeds"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for r in rows:
        value = f"{r.value:.3f}" + ("" if r.std is None else f" ± {r.std:.3f}")
        cells = [r.set, r.split, r.modality, *([r.task] if several else []), r.metric, value]
        cells += ["" if r.interval is None else f"{r.interval[0]:.3f} to {r.interval[1]:.3f}"] if bounded else []
        cells += ["" if r.majority is None else f"{r.majority:.3f}", str(r.n), str(r.seeds)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)
