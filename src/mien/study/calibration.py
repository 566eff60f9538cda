"""How well calibrated a bundle's answers are on labelled data, and what its label sets and thresholds are worth there."""

from __future__ import annotations

from typing import Any

from rich.table import Table

from mien.bundle import Bundle
from mien.predictions import Judged, Predictions
from mien.trust.judge import Judgement
from mien.trust.reliability import diagram, measure
from mien.trust.sample import Sample
from mien.types import MODALITIES

_COLUMNS = ("ece", "floor", "debiased", "covered", "answered", "risk")


def calibration(bundle: Bundle, judged: Judged) -> list[dict[str, Any]]:
    """Figures of ``reliability.measure`` and the reliability diagram, of every test set and task with one label."""
    rows = []
    for part in judged.test:
        judgement = bundle.trust.of(part.task.name, [m for m in MODALITIES if m in part.modality.split("+")])
        if judgement is not None:
            rows.append(_row(part, judgement))
    return rows


def _row(part: Predictions, judgement: Judgement) -> dict[str, Any]:
    sample = Sample.of(part.scores, part.targets, part.groups)
    about = {"set": part.set, "task": part.task.name, "modality": part.modality}
    bins = [{"confidence": round(b.confidence, 4), "accuracy": round(b.accuracy, 4), "n": b.n} for b in diagram(sample)]
    return {**about, **measure(sample, judgement), "diagram": bins}


def shown(rows: list[dict[str, Any]]) -> Table:
    """A table for the terminal, of the figures that fit."""
    table = Table(title="calibration (docs/trust.md says how to read it)", title_justify="left")
    for number, name in enumerate(("set", "modalities", "n", *_COLUMNS)):
        table.add_column(name, justify="left" if number == 0 else "right")
    for row in rows:
        figures = [f"{row[k]:.3f}" if k in row else "" for k in _COLUMNS]
        table.add_row(row["set"], row["modality"], f"{row['n']:,}", *figures)
    return table
