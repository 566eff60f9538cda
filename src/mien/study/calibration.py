"""How well calibrated a bundle's answers are on labelled data, and what its label sets and thresholds are worth there."""

from __future__ import annotations

from collections.abc import Sequence

from mien.bundle.bundle import Bundle
from mien.evaluation.evaluation_report import Reliability
from mien.evaluation.predictions import Predictions
from mien.evaluation.reliability import Bin, Point, curve, diagram, figures_of
from mien.trust.judgement import Judgement
from mien.trust.sample import Sample
from mien.types import MODALITIES


def calibration(bundle: Bundle, parts: Sequence[Predictions]) -> list[Reliability]:
    """One row for each part with one label, by what the bundle has for the modalities that its ``modality`` names."""
    rows = []
    for part in parts:
        judgement = bundle.trust.of(part.task.name, [m for m in MODALITIES if m in part.modality.split("+")])
        if judgement is not None:
            rows.append(_row(part, judgement))
    return rows


def _row(part: Predictions, judgement: Judgement) -> Reliability:
    sample = Sample.of(part.scores, part.targets, part.groups)
    return Reliability(
        part.set,
        part.task.name,
        part.modality,
        figures_of(sample, judgement),
        diagram=tuple(Bin(round(b.confidence, 4), round(b.accuracy, 4), b.n) for b in diagram(sample)),
        risk_coverage=tuple(Point(round(p.answered, 4), round(p.risk, 4)) for p in curve(sample)),
    )
