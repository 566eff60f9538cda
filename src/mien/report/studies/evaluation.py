"""A bundle judged on labelled data, as a page: results, confusion, reliability diagrams, and what else was asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

from mien.evaluation.reliability import Bin
from mien.report.studies import charts
from mien.report.studies.page import Part, Prose, Section, Table, page
from mien.report.studies.training import by_set, missing, results
from mien.study import calibration, groups
from mien.study.evaluation import Found

_LEAD = "The interval is 95 %, by a bootstrap over speakers where all are named. Majority: always giving the commonest answer."
_HOLDS = (
    "Each subset of the modalities, of the examples that have all of it. Floor: the ECE that exactly true probabilities would "
    "show with so many examples. Debiased: without what chance adds. AURC: mean share wrong, over all shares of the answers "
    "that could be kept, most certain first. Covered: label sets that hold the right label. Answered: share not uncertain. "
    "Risk: share of the answered that is wrong."
)


def evaluation_page(found: Found, name: str) -> str:
    """The page of a bundle called ``name``.

    Raises:
        ImportError: if the extra ``report`` is not installed; see ``extras.needs_report``.
    """
    sections = [Section("Results", [results(found.rows)], _LEAD), *by_set(found.judged.test, not found.trust)]
    sections += [*missing(found.cells), *_trust(found), *_groups(found)]
    sets = dict.fromkeys(part.set for part in found.judged.test)
    return page(name, "evaluation of a bundle", sets, sections)


def _trust(found: Found) -> Iterator[Section]:
    """Of each set and task: figures, risk-coverage curve and reliability diagram of each subset of the modalities."""
    drawn = count()
    for number, rows in enumerate(calibration.by_set(found.trust)):
        head, *cells = calibration.grid(rows)
        diagrams = [charts.reliability(_bins(r), f"{r['set']}, {r['modality']}", next(drawn)) for r in rows]
        parts: list[Part] = [Table(head, cells), charts.risk_coverage(rows, number), *diagrams]
        yield Section(f"Calibration, {rows[0]['set']}: {rows[0]['task']}", parts, _HOLDS)


def _bins(row: Mapping[str, Any]) -> list[Bin]:
    return [Bin(**entry) for entry in row["diagram"]]


def _groups(found: Found) -> Iterator[Section]:
    if found.groups:
        head, *rows = groups.grid(found.groups)
        table = Table(head, rows, words=2)
        gap_head, *gaps = groups.gap_grid(found.groups)
        gap_table = Table(gap_head, gaps, words=3) if gaps else Prose("No two groups are large enough to be compared.")
        lead = (
            "95 % intervals over speakers; p by permutation of speakers, corrected for all gaps (Holm). "
            f"{groups.FEW.capitalize()}."
        )
        yield Section(f"Groups: {found.groups['column']}", [table, gap_table], lead)
