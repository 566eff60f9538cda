"""A bundle on labelled data: rows of results, and what is left when modalities are missing."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from rich.console import Console

from mien.bundle.bundle import Bundle
from mien.data.corpus import Corpus
from mien.data.manifest import data_root
from mien.data.own import own_data
from mien.data.sets import example_sets
from mien.errors import InputError
from mien.evaluation.evaluate import BundleSystem, evaluate
from mien.evaluation.missing import Cell, by_subset, missing
from mien.evaluation.predictions import Evaluation, Predictions
from mien.evaluation.results import Result, results
from mien.events import Work
from mien.recipe.recipe import load
from mien.report.studies.markdown import interval, majority, share, value
from mien.report.terminal.tables import table
from mien.study.calibration import calibration as trust_of
from mien.study.calibration import shown as calibration_tables
from mien.study.groups import shown as groups_tables


@dataclass(frozen=True)
class Found:
    """``rows`` of ``results.results``, ``cells`` of ``subsets.missing``, ``trust`` of ``study.calibration``, ``groups`` of
    ``study.groups``, and the predictions they come from.
    """

    judged: Evaluation
    rows: Sequence[Result]
    cells: Sequence[Cell]
    trust: Sequence[dict[str, Any]] = ()
    groups: Mapping[str, Any] = field(default_factory=dict)

    def show(self) -> None:
        """Tables on the terminal."""
        out = Console()
        for one, its_rows in groupby(self.rows, key=lambda r: (r.set, r.task, r.modality, r.n)):
            shown = [[r.metric, value(r), interval(r.interval), majority(r)] for r in its_rows]
            title = f"{one[0]}: {one[1]} from {one[2]}, n = {one[3]:,}"
            out.print(table(title, ("metric", "value", "95 % interval", "majority"), shown))
        for about in dict.fromkeys((c.set, c.task) for c in self.cells):
            cells = [c for c in self.cells if (c.set, c.task) == about]
            head = ("given", "missing rate", "n", cells[0].metric, "commonest answer")
            # A row for each cell: eight rates side by side are wider than a terminal.
            shown = [[c.subset, f"{c.rate:g}", f"{c.n:,}", f"{c.value:.3f}", share(c.collapse)] for c in cells]
            out.print(table(f"with modalities missing, {about[0]}: {about[1]}", head, shown))
        for part in (*calibration_tables(self.trust), *(groups_tables(self.groups) if self.groups else ())):
            out.print(part)

    def as_json(self) -> str:
        """Everything."""
        cells = [cell.as_table() for cell in self.cells]
        found: dict[str, Any] = {"schema": "mien.evaluation/1", "results": [row.as_table() for row in self.rows]}
        found |= {"subsets": cells}
        found |= {"calibration": list(self.trust)} if self.trust else {}
        found |= {"groups": dict(self.groups)} if self.groups else {}
        return json.dumps(found, indent=1, ensure_ascii=False) + "\n"

    def as_csv(self) -> str:
        """The rows, then the cells, which have a rate and the share of the commonest answer too."""
        cells = [cell.as_table() for cell in self.cells]
        return _csv(
            [*(row.as_table() for row in self.rows), *({**cell, "modality": cell.pop("subset")} for cell in cells)]
        )


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


def judged(bundle: Bundle, corpus: Corpus, subsets: bool = False, calibration: bool = False) -> Work[Found]:
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
    return Found(found, results([found]), cells, trust_of(bundle, said))


def _csv(rows: Sequence[dict[str, Any]]) -> str:
    file = io.StringIO()
    writer = csv.DictWriter(file, list(dict.fromkeys(column for row in rows for column in row)))
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()
