"""Writes a sheet: one self-contained page without scripts, in the style of the report of a clip, made to be printed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from mien.report.grid import Grid
from mien.report.page import shell
from mien.report.sheets.plot import Plot
from mien.report.studies.page import Entries, Heading, Prose

Part = Grid | Plot | Entries | Heading | Prose


@dataclass(frozen=True)
class Card:
    """A card of the sheet.

    Attributes:
        title: its heading.
        parts: what it holds; plots stand side by side.
        lead: how to read it.
        warns: whether it is set off, as what a reader must know.
        printed: whether it stands on paper, too.
        half: whether it takes half the width of the paper.
        bullets: lines of a list below the parts.
    """

    title: str
    parts: Sequence[Part] = ()
    lead: str = ""
    warns: bool = False
    printed: bool = True
    half: bool = False
    bullets: Sequence[str] = field(default=())


def sheet(title: str, kicker: str, facts: Iterable[str], cards: Sequence[Card], lang: str) -> str:
    """The whole page.

    Args:
        title, kicker, facts: the head of the page.
        cards: what follows.
        lang: code of the language for the browser, such as "en" or "zh-Hans".

    Raises:
        ImportError: Jinja2 is not installed; see ``extras.needs_page``.
    """
    return shell.render(
        "sheet.html",
        styles=("report.css", "sheet.css"),
        scripts=(),
        data=[],
        lang=lang,
        kicker=kicker,
        name=title,
        facts=list(facts),
        cards=cards,
        labels=[],
        modalities=[],
    )
