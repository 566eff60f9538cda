"""How well calibrated a bundle's answers are on labelled data, and what its label sets and thresholds are worth there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from mien.bundle import Bundle
from mien.predictions import Judged, Predictions
from mien.study.terminal import table
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


def shown(rows: Sequence[Mapping[str, Any]]) -> Table:
    """A table for the terminal."""
    head, *lines = grid(rows)
    return table("calibration (docs/trust.md says how to read it)", head, lines)


def grid(rows: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """Head and lines, of the figures that fit."""
    return [["set", "modalities", "n", *_COLUMNS]] + [
        [row["set"], row["modality"], f"{row['n']:,}", *(f"{row[k]:.3f}" if k in row else "" for k in _COLUMNS)]
        for row in rows
    ]
