"""A page that leads to the reports of several clips. It is made from what each report says about itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mien.events import Skipped
from mien.report.language import Language
from mien.report.page import shell
from mien.report.page.palette import SIGNS

_HEAD = 200_000  # characters; what a report says about itself stands in its head


def write_index(pages: Sequence[Path], skipped: Sequence[Skipped], lang: str = "en") -> str:
    """The page: a row for each report, the ones with the most doubts are not hidden, and the clips that could not be read.

    Args:
        pages: the reports, in one folder with the index.
        skipped: the clips that could not be read.
        lang: "en" or "zh".
    """
    say = Language(lang)
    rows = [row for page in pages if (row := _row(page)) is not None]
    return shell.render(
        "index.html",
        styles=("report.css",),
        scripts=(),
        name=say("page.index_title", n=say.count("clips", len(rows))),
        facts=[],
        data={},
        labels=[],
        modalities=[],
        lang=say.code,
        kicker=say("page.index_kicker"),
        say=say,
        signs=SIGNS,
        rows=rows,
        skipped=skipped,
    )


def _row(page: Path) -> dict[str, Any] | None:
    """What a report says about itself, with the address of its page; ``None`` for a page of another kind."""
    with page.open(encoding="utf-8") as file:
        head = _Head()
        head.feed(file.read(_HEAD))
    if not head.card:
        return None
    found: dict[str, Any] = json.loads(head.card)
    return {**found, "url": "./" + quote(page.name)}


class _Head(HTMLParser):
    """Finds the card of a report."""

    card = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag == "meta" and named.get("name") == "mien-card":
            self.card = named.get("content") or ""
