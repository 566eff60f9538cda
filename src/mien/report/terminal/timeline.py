"""Shows a timeline in the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from mien.report.clock import clock
from mien.report.language import Language
from mien.report.sentences import sentence
from mien.report.terminal.harmless import harmless
from mien.report.terminal.tables import Cell, table
from mien.timeline import SURE, Prediction, Timeline
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
"""Colours of the emotions; other labels have none."""

_HERE = "\0"  # marks the place in a sentence of a word with another style


def render(timeline: Timeline, lang: str = "en") -> RenderableType:
    """What a Rich console shows: time, person, words, expressed emotion (or another task), shares, and a summary."""
    say = Language(lang, timeline.task)
    modalities = [m for m in MODALITIES if any(m in p.shares for p in timeline.predictions)]
    people = ["person"] if any(p.who for p in timeline.predictions) else []
    asked = say("terminal.expressed") if timeline.task == EMOTION.name else timeline.task
    # Where everybody speaks English, the language is not worth a column.
    languages = ["language"] if any(p.language not in (None, "en") for p in timeline.predictions) else []
    named = {name: say(f"terminal.{name}") for name in ("time", *people, *languages, "words")}
    head = [*named.values(), asked, *(say(f"terminal.{m}") for m in modalities)]
    rows = (_row(p, say, bool(people), bool(languages), modalities) for p in timeline.predictions)
    parts: list[RenderableType] = []
    if timeline.predictions:
        numbers = range(len(head) - len(modalities), len(head))
        parts.append(table(head, rows, right=numbers, folded=[len(named) - 1]))
    parts += [Text(), summary(timeline, say)]
    parts += [Text(line, style="dim") for line in _doubts(timeline.predictions, say)]
    noted = (say("terminal.note", sentence=sentence(n, lang)) for n in timeline.notices)
    return Group(*parts, *(Text(harmless(line), style="yellow") for line in noted))


def summary(timeline: Timeline, say: Language) -> Text:
    """One line on what is expressed most over the whole clip."""
    name = harmless(timeline.source)
    if timeline.label is None:
        return Text(say("terminal.nothing", name=name))
    first, *others = sorted(timeline.scores, key=lambda k: -timeline.scores[k])
    clear = timeline.scores[first] >= SURE
    said = say("terminal.mostly" if clear else "terminal.mixed", name=name, task=harmless(timeline.task), label=_HERE)
    before, _, after = said.partition(_HERE)
    label = Text(_likely(timeline, first, say), style=f"bold {COLOURS.get(first, '')}")
    text = Text.assemble(before, label, after)
    near = [_likely(timeline, k, say) for k in others[:2] if timeline.scores[k] >= 0.1]
    if near:
        text.append(say("terminal.then", list=say("numbers.comma").join(near)))
    if timeline.valence is not None and timeline.arousal is not None:
        text.append(say("terminal.axes", valence=_signed(timeline.valence), arousal=_signed(timeline.arousal)))
    return text.append(say("story.stop"))


def _likely(timeline: Timeline, label: str, say: Language) -> str:
    return say("terminal.likely", label=harmless(say.label(label)), share=percent(timeline.scores[label]))


def _row(p: Prediction, say: Language, people: bool, languages: bool, modalities: Sequence[Modality]) -> list[Cell]:
    person = [*([p.who or ""] if people else []), *([p.language or ""] if languages else [])]
    sign = "?" if p.uncertain else ""
    mood = Text(f"{harmless(say.label(p.label))}{sign} {percent(p.scores[p.label])}", style=COLOURS.get(p.label, ""))
    shares = [f"{p.shares[m]:.0%}" if m in p.shares else "" for m in modalities]
    return [f"{clock(p.span.start, 1)}-{clock(p.span.end, 1)}", *person, p.text, mood, *shares]


def _doubts(predictions: Sequence[Prediction], say: Language) -> list[str]:
    """Lines on what the question marks mean, and on what made answers less sure."""
    total = len(predictions)
    doubtful = sum(p.uncertain for p in predictions)
    lines = [say("terminal.uncertain", n=doubtful, all=total)] if doubtful else []
    for reason in say.table["reasons"]:
        count = sum(reason in p.reasons for p in predictions)
        if count and reason not in ("low_confidence", "no_face"):
            lines.append(say("terminal.less_sure", why=say(f"reasons.{reason}"), n=count, all=total))
    return lines


def percent(probability: float) -> str:
    """A probability in percent. It is never 100 %, because nothing is certain."""
    return ">99%" if probability >= 0.995 else f"{probability:.0%}"


def _signed(value: float) -> str:
    return f"{round(value, 2) + 0.0:+.2f}"
