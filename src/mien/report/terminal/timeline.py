"""Shows a timeline in the terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.text import Text

from mien.report import llm
from mien.report.clock import clock
from mien.report.language import Language
from mien.report.page import story
from mien.report.sentences import sentence
from mien.report.terminal.colours import LABELS, NOTE
from mien.report.terminal.harmless import harmless
from mien.report.terminal.tables import Cell, table
from mien.report.tracks import middle_box
from mien.timeline import SURE, Prediction, Timeline
from mien.types import EMOTION, MODALITIES, Modality

_HERE = "\0"  # marks the place in a sentence of a word with another style
_WORDS = 18  # characters of the words that stand on a line at least
_SHOWN = 3  # conflicts that are told; the report and the JSON hold all

Column = tuple[str, Callable[[Prediction], Cell], bool]
"""The name of a column, its cells, and whether they are shares of an input, which are numbers."""


def render(timeline: Timeline, lang: str = "en", truth: Callable[[Prediction], str] | None = None) -> RenderableType:
    """What a Rich console shows: time, person, words, expressed emotion (or another task), shares, and a summary.

    Args:
        timeline: the answers.
        lang: "en" or "zh".
        truth: gives the right label of a moment, "" where it is not known; ``None`` without a column for it.
    """
    say = Language(lang, timeline.task)
    parts: list[RenderableType] = []
    if timeline.predictions:
        parts.append(_Fitted(timeline.predictions, _columns(timeline, say, truth), say("terminal.words")))
    parts += [Text(), summary(timeline, say), *_people(timeline, say)]
    parts += [Text(harmless(line), style=NOTE) for line in _conflicts(timeline.predictions, say)]
    parts += [Text(line) for line in _doubts(timeline.predictions, say)]
    parts += [Text(harmless(line)) for line in (*llm.summary(timeline, say), *llm.claims(timeline, say, _SHOWN))]
    noted = (say("terminal.note", sentence=sentence(n, lang)) for n in timeline.notices)
    return Group(*parts, *(Text(harmless(line), style=NOTE) for line in noted))


class _Fitted:
    """A table that leaves out the shares of the inputs where the words would be squeezed."""

    def __init__(self, predictions: Sequence[Prediction], columns: Sequence[Column], words: str) -> None:
        self._predictions, self._columns, self._words = predictions, columns, words

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        cells = [[cell(p) for _, cell, _ in self._columns] for p in self._predictions]
        heads = [name for name, _, _ in self._columns]
        wide = [
            max(cell_len(str(v)) for v in (head, *column)) + 2
            for head, column in zip(heads, zip(*cells, strict=True), strict=True)
        ]
        words = [k for k, name in enumerate(heads) if name == self._words]
        least = sum(w for k, w in enumerate(wide) if k not in words) + sum(min(_WORDS, wide[k]) for k in words)
        kept = [k for k, (_, _, share) in enumerate(self._columns) if not share or least <= options.max_width]
        numbers = [at for at, k in enumerate(kept) if self._columns[k][2]]
        folded = [at for at, k in enumerate(kept) if k in words]
        yield table([heads[k] for k in kept], [[row[k] for k in kept] for row in cells], right=numbers, folded=folded)


def _columns(timeline: Timeline, say: Language, truth: Callable[[Prediction], str] | None) -> list[Column]:
    """The columns that say something about this clip. A picture has no times and no words, and one input no shares."""
    answers = timeline.predictions
    modalities = [m for m in MODALITIES if any(m in p.shares for p in answers)]
    still = all(p.span.end == 0 for p in answers)
    columns: list[Column] = []
    if not still:
        columns.append((say("terminal.time"), lambda p: f"{clock(p.span.start, 1)}-{clock(p.span.end, 1)}", False))
    if any(p.who for p in answers):
        columns.append((say("terminal.person"), lambda p: p.who or "", False))
    if still and any(p.faces is not None for p in answers):
        columns.append((say("terminal.place"), lambda p: _place(p, say), False))
    # Where everybody speaks English, the language is not worth a column.
    if any(p.language not in (None, "en") for p in answers):
        columns.append((say("terminal.language"), lambda p: p.language or "", False))
    if any(p.text for p in answers):
        columns.append((say("terminal.words"), lambda p: p.text, False))
    asked = say("terminal.expressed") if timeline.task == EMOTION.name else timeline.task
    columns.append((asked, lambda p: _mood(p, say), False))
    if any(p.llm is not None and p.llm.words for p in answers):
        columns.append((say("llm.words"), lambda p: harmless(llm.words_of(p, say)), False))
    if truth is not None:
        columns.append((say("terminal.truth"), lambda p: say.label(truth(p)), False))
    if len(modalities) > 1:
        columns += [(say(f"terminal.{m}"), _share_of(m), True) for m in modalities]
    if timeline.llm is not None and not timeline.llm.alone:
        columns.append((say("llm.column"), lambda p: "" if p.llm is None else f"{p.llm.share:.0%}", True))
    return columns


def _share_of(modality: Modality) -> Callable[[Prediction], Cell]:
    return lambda p: f"{p.shares[modality]:.0%}" if modality in p.shares else ""


def _place(p: Prediction, say: Language) -> str:
    """Where a face is in a picture, in percent of its width and height."""
    if p.faces is None:
        return ""
    left, top, right, bottom = middle_box(p.faces)
    return say("terminal.at", x=f"{50 * (left + right):.0f}", y=f"{50 * (top + bottom):.0f}")


def _mood(p: Prediction, say: Language) -> Text:
    sign = ("?" if p.uncertain else "") + ("!" if p.conflict else "")
    return Text(f"{harmless(say.label(p.label))}{sign} {percent(p.scores[p.label])}", style=LABELS.get(p.label, ""))


def summary(timeline: Timeline, say: Language) -> Text:
    """One line on what is expressed most over the whole clip."""
    name = harmless(timeline.source)
    if timeline.label is None:
        return Text(say("terminal.nothing", name=name))
    first, *others = sorted(timeline.scores, key=lambda k: -timeline.scores[k])
    clear = timeline.scores[first] >= SURE
    said = say("terminal.mostly" if clear else "terminal.mixed", name=name, task=harmless(timeline.task), label=_HERE)
    before, _, after = said.partition(_HERE)
    label = Text(_likely(timeline, first, say), style=f"bold {LABELS.get(first, '')}")
    text = Text.assemble(before, label, after)
    near = [_likely(timeline, k, say) for k in others[:2] if timeline.scores[k] >= 0.1]
    if near:
        text.append(say("terminal.then", list=say("numbers.comma").join(near)))
    if timeline.valence is not None and timeline.arousal is not None:
        text.append(say("terminal.axes", valence=_signed(timeline.valence), arousal=_signed(timeline.arousal)))
    return text.append(say("story.stop"))


def _likely(timeline: Timeline, label: str, say: Language) -> str:
    return say("terminal.likely", label=harmless(say.label(label)), share=percent(timeline.scores[label]))


def _people(timeline: Timeline, say: Language) -> list[Text]:
    """A line on what each person expresses on average, where there are several moments of several people."""
    everybody = [p for p in story.people(timeline) if p.who is not None]
    if len(everybody) < 2 or len(everybody) == len(timeline.predictions):
        return []
    each = [
        say("terminal.each", who=p.who, label=say.label(p.label), share=percent(p.scores[p.label])) for p in everybody
    ]
    return [Text(harmless(say("terminal.people", list=say("numbers.comma").join(each))))]


def _conflicts(predictions: Sequence[Prediction], say: Language) -> list[str]:
    """Lines on the moments at which inputs disagree; the table marks them with "!"."""
    found = [p for p in predictions if p.conflict is not None]
    lines = []
    for p in found[:_SHOWN]:
        sides = [
            say("why.side", modality=say.modality(o.modality), label=say.label(o.label), share=percent(o.probability))
            for o in p.conflict or ()
        ]
        where = [clock(p.span.start, 1)] if p.span.end > 0 else []
        where += [p.who] if p.who else []
        lines.append(say("terminal.conflict", where=" ".join(where), sides=say("why.but").join(sides)))
    if len(found) > _SHOWN:
        lines.append(say("terminal.more_conflicts", n=len(found) - _SHOWN))
    return lines


def _doubts(predictions: Sequence[Prediction], say: Language) -> list[str]:
    """Lines on what the question marks mean, and on what made answers less sure. Of one moment there is no count."""
    total = len(predictions)
    doubtful = sum(p.uncertain for p in predictions)
    lines = []
    if doubtful:
        one = say("terminal.uncertain_only")
        lines.append(one if total == 1 else say("terminal.uncertain", n=doubtful, all=total))
    for reason in say.table["reasons"]:
        count, why = sum(reason in p.reasons for p in predictions), say(f"reasons.{reason}")
        if count and reason not in ("low_confidence", "no_face"):
            one = say("terminal.less_sure_only", why=why)
            lines.append(one if total == 1 else say("terminal.less_sure", n=count, all=total, why=why))
    return lines


def percent(probability: float) -> str:
    """A probability in percent. It is never 100 % and never 0 %, because nothing is certain."""
    return ">99%" if probability >= 0.995 else "<1%" if probability < 0.005 else f"{probability:.0%}"


def _signed(value: float) -> str:
    return f"{round(value, 2) + 0.0:+.2f}"
