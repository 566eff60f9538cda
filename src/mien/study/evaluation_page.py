"""A bundle judged on labelled data, as a page: results, confusion, reliability diagrams, and what else was asked for."""

from __future__ import annotations

from collections.abc import Iterator

from mien.study import calibration, groups
from mien.study.judging import Found
from mien.study.page import Prose, Section, Table, page
from mien.study.training_report import by_set, missing, results

_LEAD = "The interval is 95 %, by a bootstrap over speakers where all are named. Majority: always giving the commonest answer."


def evaluation_page(found: Found, name: str) -> str:
    """The page of a bundle called ``name``.

    Raises:
        ImportError: if the extra ``report`` is not installed; see ``page.available``.
    """
    sections = [Section("Results", [results(found.rows)], _LEAD), *by_set(found.judged.test), *missing(found.cells)]
    sections += [*_trust(found), *_groups(found)]
    sets = dict.fromkeys(part.set for part in found.judged.test)
    return page(name, "evaluation of a bundle", sets, sections)


def _trust(found: Found) -> Iterator[Section]:
    if found.trust:
        head, *rows = calibration.grid(found.trust)
        lead = (
            "Floor: the ECE that exactly true probabilities would show with so many examples. Debiased: without what chance "
            "adds. Covered: label sets that hold the right label. Answered: share not uncertain. Risk: share of the answered "
            "that is wrong."
        )
        yield Section("Calibration", [Table(head, rows, words=2)], lead)


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
