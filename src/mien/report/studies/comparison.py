"""Writes a comparison as a page: intervals, tables, and results with modalities missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mien.evaluation.boards import Board, Outcome
from mien.report.language import Language
from mien.report.studies import charts, grids
from mien.report.studies.page import Heading, Part, Prose, Section, page

_NAMED = 4  # systems that the title names


def comparison_page(
    boards: Sequence[Board],
    outcomes: Sequence[Outcome],
    seeds: int,
    facts: Sequence[str],
    notes: Sequence[str],
    say: Language,
) -> str:
    """The page.

    Args:
        boards: one for each test set and task.
        outcomes: the systems.
        seeds: with how many seeds each was trained.
        facts: short facts under the title.
        notes: what else a reader must know.
        say: the language of the page.

    Raises:
        ImportError: the extra ``report`` is not installed; see ``extras.needs_report``.
    """
    sections = [_section(board, number, seeds, say) for number, board in enumerate(boards)]
    sections += _missing(outcomes, say)
    if notes:
        sections.append(Section(say("study.notes"), [Prose(note) for note in notes]))
    labels = [outcome.entrant.label for outcome in outcomes]
    title = " · ".join(labels[:_NAMED]) + (" · ..." if len(labels) > _NAMED else "")
    return page(title, say("study.comparison"), facts, sections, say.code)


def _section(board: Board, number: int, seeds: int, say: Language) -> Section:
    count, unit = board.lines[0].row.resampled.split()  # "24 groups"
    lead = say("study.lead", seeds=seeds, resampled=say(f"study.of_{unit}", n=count))
    parts: list[Part] = [charts.intervals(board, number, say), grids.board(board, say), grids.metrics(board, say)]
    return Section(f"{board.set}: {board.task}", parts, lead)


def _missing(outcomes: Sequence[Outcome], say: Language) -> Iterator[Section]:
    """Sections with a chart of all systems, each with its largest subset of modalities, and a table for each system."""
    outcomes = [o for o in outcomes if o.cells]
    for number, about in enumerate(dict.fromkeys((c.set, c.task) for o in outcomes for c in o.cells)):
        named = []
        parts: list[Part] = []
        for outcome in outcomes:
            mine = [c for c in outcome.cells if (c.set, c.task) == about]
            if mine:
                # The last subset holds all modalities.
                named.append((outcome.entrant.label, [c for c in mine if c.subset == mine[-1].subset]))
                parts += [Heading(outcome.entrant.label), grids.missing(mine, say)]
        chart = charts.rates(named, say("study.rates"), number, say)
        yield Section(say("study.missing", set=about[0], task=about[1]), [chart, *parts])
