"""The table of the terminal."""

from __future__ import annotations

import io

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from mien.report.base import exporters
from mien.types import MODALITIES, Modality, Prediction, Timeline

COLOURS = {
    "neutral": "white",
    "happy": "yellow",
    "sad": "blue",
    "angry": "red",
    "fearful": "magenta",
    "disgusted": "green",
    "surprised": "cyan",
}


@exporters.register
def write_table(timeline: Timeline) -> str:
    """Plain text, 100 columns wide."""
    file = io.StringIO()
    Console(file=file, width=100, no_color=True).print(render(timeline))
    return file.getvalue()


def render(timeline: Timeline) -> RenderableType:
    """For a Rich console: time, person, words, expressed emotion, shares, and one line of summary."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("time", no_wrap=True)
    if any(p.who for p in timeline.predictions):
        table.add_column("person", no_wrap=True)
    table.add_column("words", ratio=1, overflow="fold")
    table.add_column("expressed", no_wrap=True)
    for modality in _modalities(timeline):
        table.add_column(modality, justify="right", no_wrap=True)
    for prediction in timeline.predictions:
        table.add_row(*_row(prediction, timeline))
    parts: list[RenderableType] = [table] if timeline.predictions else []
    return Group(*parts, Text(), summary(timeline), *(Text(f"Note: {w}.", style="yellow") for w in timeline.warnings))


def summary(timeline: Timeline) -> Text:
    """One line: what is expressed most over the whole clip."""
    if timeline.label is None:
        return Text(f"{timeline.source}: nothing that shows an emotion could be read.")
    text = Text(f"{timeline.source}: mostly ")
    text.append(
        f"{timeline.label} ({timeline.scores[timeline.label]:.0%})", style=f"bold {COLOURS.get(timeline.label, '')}"
    )
    others = sorted((p, k) for k, p in timeline.scores.items() if k != timeline.label and p >= 0.1)[::-1]
    if others:
        text.append(", then " + ", ".join(f"{k} ({p:.0%})" for p, k in others[:2]))
    text.append(f"; valence {timeline.valence:+.2f}, arousal {timeline.arousal:+.2f}.")
    return text


def _modalities(timeline: Timeline) -> list[Modality]:
    return [m for m in MODALITIES if any(m in p.shares for p in timeline.predictions)]


def _row(p: Prediction, timeline: Timeline) -> list[RenderableType]:
    cells: list[RenderableType] = [f"{_clock(p.span.start)}-{_clock(p.span.end)}"]
    if any(q.who for q in timeline.predictions):
        cells.append(p.who or "")
    mood = Text(f"{p.label} {p.scores[p.label]:.0%}", style=COLOURS.get(p.label, ""))
    shares = [f"{p.shares[m]:.0%}" if m in p.shares else "" for m in _modalities(timeline)]
    return [*cells, escape(p.text), mood, *shares]


def _clock(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes)}:{rest:04.1f}"
