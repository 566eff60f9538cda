"""Says in a few lines what a training made, how good it is, and what to do next."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from mien.bundle.results import Result
from mien.evaluation.results import MAIN
from mien.events import Notice
from mien.recipe.recipe import Recipe
from mien.report.studies.numbers import duration
from mien.runtime.run_folder import BUNDLE, RECORD
from mien.training.record import TrainingRecord


def summary(recipe: Recipe, results: Sequence[Result], folder: Path, report: Path | None) -> Iterator[Notice]:
    """What was trained, how good it is beside the commonest answer, where it lies, and the next command.

    Args:
        recipe: what was trained.
        results: on the test sets.
        folder: of the run of the first seed.
        report: the page about the training; ``None`` where none was written.
    """
    record = TrainingRecord.from_table(json.loads((folder / RECORD).read_text(encoding="utf-8")))
    yield Notice(
        "trained",
        {
            "name": recipe.name,
            "parts": " + ".join(recipe.encoders),
            "fusion": Path(str(recipe.fusion["name"])).name,
            "n": sum(row.n for row in record.data if row.split == "train"),
            "time": duration(record.seconds),
        },
    )
    main = {task.name: MAIN[task.kind] for task in recipe.tasks}
    tested = [row for row in results if row.split == "test" and row.metric == main.get(row.task)]
    yield from map(_tested, tested)
    if not tested:
        yield Notice("not_tested")
    yield Notice("bundle_written", {"folder": str(folder / BUNDLE)})
    if report is not None:
        yield Notice("training_report", {"file": str(report)})
    yield Notice("analyze_next", {"folder": str(folder / BUNDLE)})


def _tested(row: Result) -> Notice:
    low, high = row.interval if row.interval is not None else (row.value, row.value)
    return Notice(
        "tested",
        {
            "task": row.task,
            "set": row.set,
            "metric": row.metric,
            "value": f"{row.value:.3f}",
            "low": f"{low:.3f}",
            "high": f"{high:.3f}",
            "majority": "-" if row.majority is None else f"{row.majority:.3f}",
            "n": row.n,
        },
    )
