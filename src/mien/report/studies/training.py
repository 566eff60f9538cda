"""Writes the page about a training from the files in its folder: results, loss, data, and how to repeat it."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mien.bundle.results import Result
from mien.evaluation.missing import Cell
from mien.evaluation.predictions import Evaluation, Predictions
from mien.evaluation.reliability import diagram
from mien.evaluation.results import per_label
from mien.files.ordinary import read_bytes
from mien.report.grid import Grid
from mien.report.sentences import sentence
from mien.report.studies import charts, grids
from mien.report.studies.numbers import duration
from mien.report.studies.page import Chart, Code, Entries, Heading, Part, Prose, Section, page
from mien.runtime.cache import write_atomic
from mien.runtime.run_folder import PREDICTIONS, RECIPE, RECORD, REPORT, RESULTS, SCALARS
from mien.training.record import SetRecord, TrainingRecord
from mien.trust.sample import Sample

_CAVEAT = (
    "It reads the emotion a person expresses, as others would perceive it; it does not know a person's inner state, and "
    "must not decide about people."
)


def write(folder: Path) -> Path:
    """Writes ``report.html`` into the folder of a run that ``train_bundle`` made. Returns its path.

    Raises:
        ImportError: the extra ``report`` is not installed; see ``extras.needs_report``.
    """
    file = folder / REPORT
    write_atomic(file, training_page(folder))
    return file


def training_page(folder: Path) -> str:
    """The page; see the module."""
    recipe = _json(folder, RECIPE)
    table = _json(folder, RECORD)
    record = TrainingRecord.from_table(table)
    evaluation = Evaluation.load(folder / PREDICTIONS)
    rows = [Result.from_table(row) for row in _json(folder, RESULTS)]
    cells = [Cell(**cell) for cell in table["subsets"]]
    sections = [
        Section("Results", results(rows), _how_to_read(rows)),
        Section("While it learned", [_curves(folder)]),
        *by_set(evaluation.test),
        *missing(cells),
        _data(record.data, recipe),
        _again(record, recipe),
    ]
    facts = [
        f"seed {recipe['seed']}",
        " + ".join(recipe["encoders"]),
        f"fusion: {recipe['fusion']['name']}",
        f"{record.learned:,} of {record.parameters:,} parameters learned",
        f"{duration(record.seconds)} of training",
    ]
    return page(recipe["name"], "report of a training", facts, sections)


def _json(folder: Path, name: str) -> Any:
    return json.loads(read_bytes(folder / name, 50_000_000))


def _how_to_read(rows: Sequence[Result]) -> str:
    resampled = ", ".join(dict.fromkeys(f"{row.set}: {row.resampled}" for row in rows))
    return (
        "On the test split, of which nothing was learned or chosen, with this one seed. The interval is 95 %, by a bootstrap "
        f"over {resampled}. Majority: always giving the commonest answer. {_CAVEAT}"
    )


def results(rows: Sequence[Result]) -> list[Part]:
    """Tables of results, or a sentence that there are none."""
    if not rows:
        return [Prose("There is no test split; nothing was measured.")]
    return [part for title, grid in grids.results(rows) for part in (Heading(title), grid)]


def _curves(folder: Path) -> Part:
    with (folder / SCALARS).open(newline="", encoding="utf-8") as file:
        # A run that was interrupted repeats some steps. The last value of a step counts.
        found = {(name, int(step)): float(number) for step, name, number in csv.reader(file)}
    series = {
        kind: sorted((step, number) for (name, step), number in found.items() if name == f"{kind}/loss")
        for kind in ("train", "valid")
    }
    return charts.curves(series["train"], series["valid"])


def by_set(test: Sequence[Predictions], reliability: bool = True) -> Iterator[Section]:
    """A section for each test set with one label: the confusion matrix and figures of every label.

    With ``reliability``, it also has the reliability diagram.
    """
    for number, part in enumerate(test):
        if part.task.kind != "single":
            continue
        head = ("label", "F1", "recall", "precision", "n")
        rows = (
            (r.label, *(f"{share:.3f}" for share in (r.f1, r.recall, r.precision)), str(r.n)) for r in per_label(part)
        )
        parts: list[Part] = [charts.confusion_matrix(part, number)]
        if reliability:
            bins = diagram(Sample.of(part.scores, part.targets))
            parts.append(charts.reliability(bins, part.set, number))
        yield Section(f"{part.set}: {part.task.name}", [*parts, Grid(head, tuple(rows))])


def missing(cells: Sequence[Cell]) -> Iterator[Section]:
    """A section for each test set and task on results with modalities missing."""
    for number, (name, task, mine) in enumerate(grids.by_about(cells)):
        named = [(s, [c for c in mine if c.subset == s]) for s in dict.fromkeys(c.subset for c in mine)]
        chart: Chart = charts.rates(named, f"{mine[0].metric} of each subset of the modalities.", number, grids.ENGLISH)
        lead = (
            "Each subset of the modalities alone (rate 0), and with each of its modalities missing at random, never all. "
            f"In the table: {mine[0].metric} at each rate, in brackets the share of the commonest answer (1: only one label is "
            "ever given)."
        )
        yield Section(f"With modalities missing, {name}: {task}", [chart, grids.missing(mine)], lead)


def _data(rows: Sequence[SetRecord], recipe: Mapping[str, Any]) -> Section:
    head = ("set", "split", "examples", "speakers", "left out", "labels")
    cells = (
        (
            *(row.set, row.split, f"{row.n:,}", str(row.speakers or "not named"), str(row.skipped)),
            "; ".join(f"{task}: {_counts(counts)}" for task, counts in row.labels.items()),
        )
        for row in rows
    )
    notes = [note for note in (recipe["export"]["licence"], *recipe["export"]["notes"]) if note]
    licence = Prose("Licence: " + " ".join(notes)) if notes else Prose("The recipe says nothing of licences.")
    unread = [sentence(notice) for row in rows for notice in row.why]
    skipped = [Code("\n".join(unread), "What could not be read, and why")] if unread else []
    parts: list[Part] = [Grid(head, tuple(cells), words=len(head)), *skipped, licence]
    return Section("Data", parts, "Speakers are never split between sets.")


def _counts(counts: Mapping[str, float]) -> str:
    return ", ".join(
        f"{label} {count:,}" if isinstance(count, int) else f"{label} {count:.2f}" for label, count in counts.items()
    )


def _again(record: TrainingRecord, recipe: Mapping[str, Any]) -> Section:
    parts: list[Part] = [
        Code(record.command),
        Entries([(name, str(text)) for name, text in record.environment.items()]),
        Code(json.dumps(recipe, indent=1, ensure_ascii=False), "The whole recipe, as it was used"),
    ]
    return Section(
        "Do it again", parts, "The command that made this; the same seed gives the same weights on the same machine."
    )
