"""The table of the terminal."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from mien.report.exporters.base import exporters
from mien.report.page.words import Language
from mien.timeline import SURE, Prediction, Timeline
from mien.trust.guard import REASONS
from mien.types import EMOTION, MODALITIES, Modality

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
    """For a Rich console: time, person, words, expressed emotion or what else the task is, shares, and one line of summary."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("time", no_wrap=True)
    modalities = [m for m in MODALITIES if any(m in p.shares for p in timeline.predictions)]
    anyone = any(p.who for p in timeline.predictions)
    if anyone:
        table.add_column("person", no_wrap=True)
    table.add_column("words", ratio=1, overflow="fold")
    table.add_column("expressed" if timeline.task == EMOTION.name else harmless(timeline.task), no_wrap=True)
    for modality in modalities:
        table.add_column(modality, justify="right", no_wrap=True)
    for prediction in timeline.predictions:
        table.add_row(*_row(prediction, anyone, modalities))
    below = [Text(harmless(f"Note: {w}."), style="yellow") for w in timeline.warnings]
    below[:0] = [Text(line, style="dim") for line in _doubts(timeline.predictions)]
    return Group(*([table] if timeline.predictions else []), Text(), summary(timeline), *below)


def summary(timeline: Timeline) -> Text:
    """One line: what is expressed most over the whole clip."""
    name, task, emotion = harmless(timeline.source), harmless(timeline.task), timeline.task == EMOTION.name
    if timeline.label is None:
        return Text(f"{name}: nothing that {'shows an emotion could' if emotion else 'can'} be read.")
    first, *others = sorted(timeline.scores, key=lambda k: -timeline.scores[k])
    text = Text(f"{name}: {'mostly' if timeline.scores[first] >= SURE else f'no {task} stands out, most is'} ")
    text.append(f"{first} ({percent(timeline.scores[first])})", style=f"bold {COLOURS.get(first, '')}")
    near = [k for k in others[:2] if timeline.scores[k] >= 0.1]
    if near:
        text.append(", then " + ", ".join(f"{k} ({percent(timeline.scores[k])})" for k in near))
    if timeline.valence is not None and timeline.arousal is not None:
        text.append(f"; valence {_signed(timeline.valence)}, arousal {_signed(timeline.arousal)}")
    return text.append(".")


def harmless(text: str) -> str:
    """Without control characters: words and file names must not command the terminal."""
    return "".join(" " if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") else c for c in text)


def _row(p: Prediction, anyone: bool, modalities: Sequence[Modality]) -> list[RenderableType]:
    cells: list[RenderableType] = [f"{clock(p.span.start)}-{clock(p.span.end)}"]
    if anyone:
        cells.append(Text(p.who or ""))
    mood = Text(f"{p.label}{'?' if p.uncertain else ''} {percent(p.scores[p.label])}", style=COLOURS.get(p.label, ""))
    shares = [f"{p.shares[m]:.0%}" if m in p.shares else "" for m in modalities]
    return [*cells, Text(harmless(p.text)), mood, *shares]


def _doubts(predictions: Sequence[Prediction]) -> list[str]:
    """What the question marks mean, and what made answers less sure."""
    doubtful = [p for p in predictions if p.uncertain]
    say = Language("en")
    lines = [f"?: uncertain, the label is a best guess ({len(doubtful)} of {len(predictions)})"] if doubtful else []
    for reason in REASONS:
        count = sum(reason in p.reasons for p in predictions)
        if count and reason not in ("low_confidence", "no_face"):
            lines.append(f"Less sure because {say.name_of('reasons', reason)}: {count} of {len(predictions)}.")
    return lines


def percent(probability: float) -> str:
    """Nothing is ever certain."""
    return ">99%" if probability >= 0.995 else f"{probability:.0%}"


def _signed(value: float) -> str:
    return f"{round(value, 2) + 0.0:+.2f}"


def clock(seconds: float) -> str:
    """A time with tenths of seconds: 0:03.2, 1:02:03.0."""
    tenths = round(seconds * 10)
    hours, rest = divmod(tenths, 36_000)
    minutes, rest = divmod(rest, 600)
    clock = f"{minutes:02d}" if hours else f"{minutes}"
    return (f"{hours}:" if hours else "") + f"{clock}:{rest // 10:02d}.{rest % 10}"
