"""A timeline for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from mien.report.clock import clock
from mien.report.sentences import sentence
from mien.report.terminal.harmless import harmless
from mien.report.terminal.tables import Cell, table
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
"""Of the emotions; other labels have none."""


def render(timeline: Timeline) -> RenderableType:
    """For a Rich console: time, person, words, expressed emotion or what else the task is, shares, and one line of summary."""
    modalities = [m for m in MODALITIES if any(m in p.shares for p in timeline.predictions)]
    anyone = any(p.who for p in timeline.predictions)
    asked = "expressed" if timeline.task == EMOTION.name else timeline.task
    head = ["time", *(["person"] if anyone else []), "words", asked, *modalities]
    rows = (_row(p, anyone, modalities) for p in timeline.predictions)
    parts: list[RenderableType] = []
    if timeline.predictions:
        numbers = range(len(head) - len(modalities), len(head))
        parts.append(table(head, rows, right=numbers, folded=[head.index("words")]))
    parts += [Text(), summary(timeline)]
    parts += [Text(line, style="dim") for line in _doubts(timeline.predictions)]
    return Group(*parts, *(Text(harmless(f"Note: {sentence(n)}."), style="yellow") for n in timeline.notices))


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


def _row(p: Prediction, anyone: bool, modalities: Sequence[Modality]) -> list[Cell]:
    cells: list[Cell] = [f"{clock(p.span.start, 1)}-{clock(p.span.end, 1)}", *([p.who or ""] if anyone else [])]
    mood = Text(f"{p.label}{'?' if p.uncertain else ''} {percent(p.scores[p.label])}", style=COLOURS.get(p.label, ""))
    shares = [f"{p.shares[m]:.0%}" if m in p.shares else "" for m in modalities]
    return [*cells, p.text, mood, *shares]


def _doubts(predictions: Sequence[Prediction]) -> list[str]:
    """What the question marks mean, and what made answers less sure."""
    doubtful = [p for p in predictions if p.uncertain]
    lines = [f"?: uncertain, the label is a best guess ({len(doubtful)} of {len(predictions)})"] if doubtful else []
    for reason, why in REASONS.items():
        count = sum(reason in p.reasons for p in predictions)
        if count and reason not in ("low_confidence", "no_face"):
            lines.append(f"Less sure because {why}: {count} of {len(predictions)}.")
    return lines


def percent(probability: float) -> str:
    """Nothing is ever certain."""
    return ">99%" if probability >= 0.995 else f"{probability:.0%}"


def _signed(value: float) -> str:
    return f"{round(value, 2) + 0.0:+.2f}"
