"""The table of the terminal."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from mien.report.base import exporters
from mien.timeline import Prediction, Timeline
from mien.types import MODALITIES, Modality

COLOURS = {
    "neutral": "white",
    "happy": "yellow",
    "sad": "blue",
    "angry": "red",
    "fearful": "magenta",
    "disgusted": "green",
    "surprised": "cyan",
}
_UNSURE = 0.5  # a label less probable than this is shown with a question mark
_LEGEND = "?: less than half sure"


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
    modalities = [m for m in MODALITIES if any(m in p.shares for p in timeline.predictions)]
    anyone = any(p.who for p in timeline.predictions)
    if anyone:
        table.add_column("person", no_wrap=True)
    table.add_column("words", ratio=1, overflow="fold")
    table.add_column("expressed", no_wrap=True)
    for modality in modalities:
        table.add_column(modality, justify="right", no_wrap=True)
    for prediction in timeline.predictions:
        table.add_row(*_row(prediction, anyone, modalities))
    below = [Text(harmless(f"Note: {w}."), style="yellow") for w in timeline.warnings]
    if any(_unsure(p.scores[p.label]) for p in timeline.predictions):
        below.insert(0, Text(_LEGEND, style="dim"))
    return Group(*([table] if timeline.predictions else []), Text(), summary(timeline), *below)


def summary(timeline: Timeline) -> Text:
    """One line: what is expressed most over the whole clip."""
    name = harmless(timeline.source)
    if timeline.label is None:
        return Text(f"{name}: nothing that shows an emotion could be read.")
    first, *others = sorted(timeline.scores, key=lambda k: -timeline.scores[k])
    text = Text(f"{name}: {'no emotion stands out, most is' if _unsure(timeline.scores[first]) else 'mostly'} ")
    text.append(f"{first} ({_percent(timeline.scores[first])})", style=f"bold {COLOURS.get(first, '')}")
    near = [k for k in others[:2] if timeline.scores[k] >= 0.1]
    if near:
        text.append(", then " + ", ".join(f"{k} ({_percent(timeline.scores[k])})" for k in near))
    text.append(f"; valence {_signed(timeline.valence)}, arousal {_signed(timeline.arousal)}.")
    return text


def harmless(text: str) -> str:
    """Without control characters: words and file names must not command the terminal."""
    return "".join(" " if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") else c for c in text)


def _row(p: Prediction, anyone: bool, modalities: Sequence[Modality]) -> list[RenderableType]:
    cells: list[RenderableType] = [f"{_clock(p.span.start)}-{_clock(p.span.end)}"]
    if anyone:
        cells.append(Text(p.who or ""))
    sure = p.scores[p.label]
    mood = Text(f"{p.label}{'?' if _unsure(sure) else ''} {_percent(sure)}", style=COLOURS.get(p.label, ""))
    shares = [f"{p.shares[m]:.0%}" if m in p.shares else "" for m in modalities]
    return [*cells, Text(harmless(p.text)), mood, *shares]


def _unsure(probability: float) -> bool:
    return probability < _UNSURE


def _percent(probability: float) -> str:
    """Nothing is ever certain."""
    return ">99%" if probability >= 0.995 else f"{probability:.0%}"


def _signed(value: float | None) -> str:
    return f"{round(value or 0.0, 2) + 0.0:+.2f}"


def _clock(seconds: float) -> str:
    tenths = round(seconds * 10)
    hours, rest = divmod(tenths, 36_000)
    minutes, rest = divmod(rest, 600)
    clock = f"{minutes:02d}" if hours else f"{minutes}"
    return (f"{hours}:" if hours else "") + f"{clock}:{rest // 10:02d}.{rest % 10}"
