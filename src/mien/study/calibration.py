"""How well calibrated a bundle's answers are on labelled data, and what its label sets and thresholds are worth there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.table import Table

from mien.bundle.bundle import Bundle
from mien.evaluation.predictions import Predictions
from mien.evaluation.reliability import Bin, Point, curve, diagram, measure
from mien.recipe import strict
from mien.report.terminal.tables import table
from mien.trust.judgement import Judgement
from mien.trust.sample import Sample
from mien.types import MODALITIES

_PROBABILITIES = ("ece", "floor", "debiased", "brier", "aurc")
_DECISIONS = ("covered", "answered", "risk")


def calibration(bundle: Bundle, parts: Sequence[Predictions]) -> list[dict[str, Any]]:
    """One row for each part with one label, by what the bundle has for the modalities that its ``modality`` names.

    A row holds set, task, modality, the figures of ``reliability.measure``, and points: ``diagram`` and ``risk_coverage``.
    """
    rows = []
    for part in parts:
        judgement = bundle.trust.of(part.task.name, [m for m in MODALITIES if m in part.modality.split("+")])
        if judgement is not None:
            rows.append(_row(part, judgement))
    return rows


def _row(part: Predictions, judgement: Judgement) -> dict[str, Any]:
    sample = Sample.of(part.scores, part.targets, part.groups)
    about = {"set": part.set, "task": part.task.name, "modality": part.modality}
    drawn = {"diagram": _plain(diagram(sample)), "risk_coverage": _plain(curve(sample))}
    return {**about, **strict.plain(measure(sample, judgement)), **drawn}


def _plain(points: Sequence[Bin] | Sequence[Point]) -> list[dict[str, float]]:
    return [{name: round(value, 4) for name, value in point._asdict().items()} for point in points]


def by_set(rows: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """The rows of each set and task together."""
    found: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault((row["set"], row["task"]), []).append(row)
    return list(found.values())


def shown(rows: Sequence[Mapping[str, Any]]) -> Iterator[Table]:
    """Two tables for the terminal for each set and task: of the probabilities, and of what is decided by them."""
    for same in by_set(rows):
        about = f"{same[0]['set']}: {same[0]['task']}"
        head, *lines = grid(same, _PROBABILITIES)
        yield table(f"calibration of {about} (docs/trust.md says how to read it)", head, lines)
        head, *lines = grid(same, _DECISIONS)
        yield table(f"label sets and abstention, {about}", head, lines)


def grid(rows: Sequence[Mapping[str, Any]], columns: Sequence[str] = (*_PROBABILITIES, *_DECISIONS)) -> list[list[str]]:
    """Head, and a line for each subset of the modalities."""
    return [["modalities", "n", *columns]] + [
        [row["modality"], f"{row['n']:,}", *(_cell(row, k) for k in columns)] for row in rows
    ]


def _cell(row: Mapping[str, Any], column: str) -> str:
    """Nothing where label sets were never fitted, and for the risk of no answer."""
    known = column in row and (column != "risk" or row["answered"])
    return f"{row[column]:.3f}" if known else ""
