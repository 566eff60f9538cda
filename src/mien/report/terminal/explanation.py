"""Shows an explanation in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mien.bundles import shipped
from mien.explanation import Calibrated, Evidence, Explanation, Piece
from mien.report import llm
from mien.report.clock import clock
from mien.report.language import Language
from mien.report.sentences import sentence
from mien.report.terminal.colours import LABELS, NOTE
from mien.report.terminal.harmless import harmless
from mien.report.terminal.tables import table
from mien.report.terminal.timeline import percent
from mien.timeline import SURE, best
from mien.types import EMOTION

_STEPS = " ▁▂▃▄▅▆▇█"
_NOTABLE = 0.01  # a smaller weight is not shown


def render(e: Explanation, lang: str = "en") -> RenderableType:
    """What a Rich console shows: answer, contributions, evidence, and the decision path."""
    say = Language(lang, e.task)
    parts: list[RenderableType] = [_head(e, say), *_conflict(e, say), Text(), _contributions(e, say)]
    parts += _said(e, say)
    for found in e.evidence:
        title = say("why.evidence", modality=say.modality(found.modality))
        parts += [Text(), Text(title, style="bold"), *_evidence(found, e.label, say)]
    parts += [Text(), Text(say("why.path"), style="bold"), *_path(e, say)]
    noted = (say("terminal.note", sentence=sentence(n, lang)) for n in e.notices)
    return Group(*parts, *(Text(harmless(line), style=NOTE) for line in noted))


def _head(e: Explanation, say: Language) -> Text:
    p = e.prediction
    when = f"{clock(p.span.start, 1)}-{clock(p.span.end, 1)}" if p.span.duration else say("why.still")
    text = Text(harmless(f"{e.source} {when} {p.who or ''}".rstrip()))
    asked = "" if e.task == EMOTION.name else f"{harmless(e.task)} "
    label = harmless(say.label(p.label))
    text.append(f": {asked}{label} {percent(p.scores[p.label])}", style=f"bold {LABELS.get(p.label, '')}")
    if p.uncertain:
        text.append(say("why.uncertain"), style=NOTE)
    if e.label != p.label:
        text.append(say("why.asked", label=harmless(say.label(e.label)), share=percent(p.scores[e.label])))
    if p.text:
        text.append(f'\n"{harmless(p.text)}"')
    return text


def _conflict(e: Explanation, say: Language) -> list[Text]:
    pair = e.prediction.conflict
    if pair is None:
        return []
    sides = [
        say("why.side", modality=say.modality(o.modality), label=say.label(o.label), share=percent(o.probability))
        for o in pair
    ]
    return [Text(harmless(say("why.conflict", sides=say("why.but").join(sides))), style=NOTE)]


def _said(e: Explanation, say: Language) -> list[RenderableType]:
    """What a language model said; and of whom the evidence below is. Nothing where none was asked."""
    if e.llm is None:
        return []
    lines = [*llm.opinion(e.prediction, e.llm, say), *([say("why.of_small")] if e.evidence else [])]
    return [Text(), Text(say("sections.llm"), style="bold"), *(Text(harmless(line)) for line in lines)]


def _contributions(e: Explanation, say: Language) -> Table:
    head = (say("why.input"), say("why.moved", label=say.label(e.label)), say("why.alone"), say("why.quality"))
    rows = [(say("why.nothing"), _points(e.prior, sign=False), "", "")]
    for m, value in e.contributions.items():
        measured = "" if m == "llm" else ", ".join(f"{k} {v:.3g}" for k, v in e.prediction.quality.get(m, {}).items())
        opinion = e.prediction.said[m]
        top = best(opinion)
        rows.append((say.modality(m), _points(value), f"{say.label(top)} {percent(opinion[top])}", measured))
    rows.append((say("why.together"), _points(e.prediction.scores[e.label], sign=False), "", ""))
    return table(head, rows, right=(1,), folded=(3,), last="bold")


def _points(value: float, sign: bool = True) -> str:
    return f"{100 * value + 0.0:+.0f}%" if sign else percent(value)


def _evidence(found: Evidence, label: str, say: Language) -> list[RenderableType]:
    sums = [] if found.total is None else [_sum(found.pieces, found.total, say)]
    named = harmless(say.label(label))
    if found.modality == "text":
        return [_words(found.pieces, named, say), *sums]
    return [_sound(found.pieces, say) if found.modality == "voice" else _face(found.pieces, named, say), *sums]


def _sum(pieces: Sequence[Piece], total: float, say: Language) -> Text:
    """A line that says whether the weights of the parts sum to the total."""
    found = sum(p.weight for p in pieces)
    style = "dim" if abs(found - total) < _NOTABLE else NOTE
    return Text(say("why.sum", weights=f"{100 * found:+.1f}%", total=f"{100 * total:+.1f}%"), style=style)


def _words(pieces: Sequence[Piece], label: str, say: Language) -> Text:
    text = Text()
    for p in pieces:
        style = "" if abs(p.weight) < _NOTABLE else "bold underline" if p.weight > 0 else "dim"
        text.append(harmless(p.text), style=style)
        text.append(f"({_points(p.weight)}) " if style else " ")
    text.append(f"\n{say('why.words', label=label)}", style="dim")
    return text


def _sound(pieces: Sequence[Piece], say: Language) -> Text:
    top = max((abs(p.weight) for p in pieces), default=0.0) or 1.0
    text = Text()
    for band, row in reversed([(b, list(r)) for b, r in groupby(pieces, key=lambda p: p.band)]):
        name = f"{band[0] / 1000:g}-{band[1] / 1000:g} kHz" if band else ""
        cells = "".join(3 * _STEPS[round(8 * max(p.weight, 0.0) / top)] for p in row)
        text.append(f"{name:>11} |{cells}|\n")
    best = max(pieces, key=lambda p: p.weight)
    if best.span is not None and best.band is not None:
        start, end = clock(best.span.start, 1), clock(best.span.end, 1)
        low, high = f"{best.band[0]:.0f}", f"{best.band[1]:.0f}"
        text.append(say("why.sound", start=start, end=end, low=low, high=high, points=_points(best.weight)))
    return text


def _face(pieces: Sequence[Piece], label: str, say: Language) -> Text:
    top = max((abs(p.weight) for p in pieces), default=0.0) or 1.0
    text = Text()
    for _, row in groupby(pieces, key=lambda p: p.box and p.box[1]):
        text.append("  " + "".join(2 * _STEPS[round(8 * max(p.weight, 0.0) / top)] for p in row) + "\n")
    text.append(say("why.face", label=label), style="dim")
    return text


def _calibration(c: Calibrated, say: Language) -> str:
    fitted = say("why.composite" if c.composite else "why.calibrated", subset=c.subset, method=c.method)
    poor = say("why.poor", factor=f"{c.guards:.2g}") if c.guards > 1 else ""
    return say("numbers.comma").join(part for part in (fitted if c.method else say("why.uncalibrated"), poor) if part)


def _path(e: Explanation, say: Language) -> list[Text]:
    comma, p = say("numbers.comma"), e.prediction
    lines = []
    if e.missing:
        lines.append(say("why.missing", list=comma.join(say.modality(m) for m in e.missing)))
    for stage in e.stages:
        whose = f" {say.modality(stage.modality)}" if stage.modality else ""
        graph = say("why.graph", file=stage.file, sha256=stage.sha256[:12]) if stage.file else ""
        lines.append(f"{stage.name}{whose}: {stage.part}{graph}")
    before, after = percent(e.pooled[e.label]), percent(e.measured[e.label])
    how, label = _calibration(e.calibrated, say), say.label(e.label)
    lines.append(say("why.became", how=how, label=label, before=before, after=after))
    lines.append(say("why.weights", list=comma.join(f"{say.modality(m)} {percent(w)}" for m, w in e.weights.items())))
    if e.joined and e.llm is not None:
        joint = {"model": e.llm.model, "label": label, "before": after, "after": percent(p.scores[e.label])}
        lines.append(say("why.replaced" if e.llm.alone else "why.pooled", weight=f"{e.llm.weight:.2g}", **joint))
    if p.label_set and e.calibrated.coverage is not None:
        rate = percent(e.calibrated.coverage)
        lines.append(say("why.label_set", rate=rate, list=comma.join(map(say.label, p.label_set))))
    lines.append(say("why.threshold", share=percent(SURE if e.joined else e.calibrated.threshold)))
    if p.reasons:
        lines.append(say("why.less_sure", list="; ".join(say.name_of("reasons", r) for r in p.reasons)))
    card = say("why.card", name=e.bundle) if e.bundle in shipped() else ""
    lines.append(say("why.bundle", name=e.bundle, sha256=e.bundle_sha256[:12]) + card)
    return [Text(harmless(f"{number}. {line}")) for number, line in enumerate(lines, start=1)]
