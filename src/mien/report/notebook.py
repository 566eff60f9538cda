"""Shows a timeline in a notebook: as a pandas table or as HTML."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from mien.report.clock import clock
from mien.report.language import Language
from mien.report.rows import columns, rows
from mien.report.sentences import sentence
from mien.report.terminal.timeline import percent, summary
from mien.runtime.extras import needs_pandas
from mien.timeline import Prediction, Timeline

if TYPE_CHECKING:
    from pandas import DataFrame

_SHOWN = 20  # segments; more would fill the notebook
_WORDS = 200  # characters of the words of a segment


def frame(timeline: Timeline) -> DataFrame:
    """See ``Timeline.to_pandas``."""
    needs_pandas()
    from pandas import DataFrame

    return DataFrame(list(rows(timeline)), columns=columns(timeline))


def fragment(timeline: Timeline) -> str:
    """HTML without scripts, styles or links. All words and names are escaped."""
    head = f"<p>{_safe(summary(timeline, Language('en', timeline.task)).plain)}</p>"
    body = "".join(_row(p) for p in timeline.predictions[:_SHOWN])
    names = "".join(f"<th>{_safe(name)}</th>" for name in ("time", "person", "words", timeline.task))
    table = f"<table><thead><tr>{names}</tr></thead><tbody>{body}</tbody></table>" if body else ""
    more = len(timeline.predictions) - _SHOWN
    below = [f"... and {more} more; .to_pandas() has all of them"] if more > 0 else []
    below += [sentence(notice) for notice in timeline.notices]
    return head + table + "".join(f"<p>{_safe(line)}</p>" for line in below)


def _row(p: Prediction) -> str:
    words = p.text if len(p.text) <= _WORDS else p.text[:_WORDS] + " ..."
    time = f"{clock(p.span.start, 1)}-{clock(p.span.end, 1)}"
    label = f"{p.label}{'?' if p.uncertain else ''} {percent(p.scores[p.label])}"
    return "<tr>" + "".join(f"<td>{_safe(cell)}</td>" for cell in (time, p.who or "", words, label)) + "</tr>"


def _safe(text: str) -> str:
    return escape(" ".join(text.split()))
