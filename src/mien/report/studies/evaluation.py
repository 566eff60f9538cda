"""Writes the page of an evaluation: results, confusion, reliability diagrams, and what else was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from mien.evaluation.report import EvaluationReport
from mien.report.studies import charts, grids
from mien.report.studies.page import Part, Prose, Section, page
from mien.report.studies.training import by_set, missing, results

_LEAD = "The interval is 95 %, by a bootstrap over speakers where all are named. Majority: always giving the commonest answer."
_HOLDS = (
    "Each subset of the modalities, of the examples that have all of it. Floor: the ECE that exactly true probabilities would "
    "show with so many examples. Debiased: without what chance adds. AURC: mean share wrong, over all shares of the answers "
    "that could be kept, most certain first. Covered: label sets that hold the right label. Answered: share not uncertain. "
    "Risk: share of the answered that is wrong."
)


def evaluation_page(found: EvaluationReport, name: str) -> str:
    """The page of the bundle ``name``.

    Raises:
        ImportError: the extra ``report`` is not installed; see ``extras.needs_report``.
    """
    sections = [Section("Results", results(found.rows), _LEAD), *by_set(found.evaluation.test, not found.reliability)]
    sections += [*missing(found.cells), *_trust(found), *_groups(found)]
    sizes = {part.set: f"{len(part):,} examples of {part.set}" for part in found.evaluation.test}
    return page(name, "evaluation of a bundle", list(sizes.values()), sections)


def _trust(found: EvaluationReport) -> Iterator[Section]:
    """A section for each set and task: figures, risk-coverage curves, and a reliability diagram for each subset."""
    drawn = count()
    for number, rows in enumerate(grids.by_set(found.reliability)):
        diagrams = [charts.reliability(r.diagram, f"{r.set}, {r.modality}", next(drawn)) for r in rows]
        parts: list[Part] = [grids.reliability(rows), charts.risk_coverage(rows, number), *diagrams]
        yield Section(f"Calibration, {rows[0].set}: {rows[0].task}", parts, _HOLDS)


def _groups(found: EvaluationReport) -> Iterator[Section]:
    if found.groups is not None:
        gaps = grids.gaps(found.groups)
        shown = gaps if gaps.rows else Prose("No two groups are large enough to be compared.")
        lead = (
            "95 % intervals over speakers; p by permutation of speakers, corrected for all gaps (Holm). "
            f"{grids.FEW.capitalize()}."
        )
        yield Section(f"Groups: {found.groups.column}", [grids.groups(found.groups), shown], lead)
