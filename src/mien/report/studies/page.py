"""Writes a study as one self-contained page in the style of the report of a clip. It needs ``mien[report]``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from mien.report.grid import Grid
from mien.report.page import shell


@dataclass(frozen=True)
class Chart:
    """Plotly's ``traces`` and ``layout``. ``about`` says what they show, also for people who cannot see the chart."""

    kind: ClassVar[str] = "chart"
    id: str
    about: str
    traces: Sequence[dict[str, Any]]
    layout: dict[str, Any]


@dataclass(frozen=True)
class Entries:
    """Pairs of a name and its text."""

    kind: ClassVar[str] = "list"
    entries: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Code:
    """A command or the content of a file. With a ``name``, it is folded under this name."""

    kind: ClassVar[str] = "code"
    text: str
    name: str = ""


@dataclass(frozen=True)
class Heading:
    """The title of the parts that follow."""

    kind: ClassVar[str] = "heading"
    text: str


@dataclass(frozen=True)
class Prose:
    """A paragraph."""

    kind: ClassVar[str] = "prose"
    text: str


Part = Grid | Chart | Entries | Code | Heading | Prose


@dataclass(frozen=True)
class Section:
    """A card of the page. ``lead`` says how to read it."""

    title: str
    parts: Sequence[Part]
    lead: str = ""


def page(title: str, kicker: str, facts: Iterable[str], sections: Sequence[Section], lang: str = "en") -> str:
    """The whole page; see ``shell.render``. ``lang`` is the code of its language, as HTML has it.

    Raises:
        ImportError: Jinja2 or Plotly is not installed; see ``extras.needs_report``.
    """
    charts = [part for section in sections for part in section.parts if isinstance(part, Chart)]
    return shell.render(
        "study.html",
        styles=("report.css", "study.css"),
        scripts=("study.js",),
        with_plotly=True,
        data=[{"id": c.id, "traces": c.traces, "layout": c.layout} for c in charts],
        lang=lang,
        kicker=kicker,
        name=title,
        facts=list(facts),
        sections=sections,
        labels=[],
        modalities=[],
    )
