"""An explanation for the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mien.bundles import shipped
from mien.explanation import Calibrated, Evidence, Explanation, Piece
from mien.report.exporters.table import COLOURS, clock, harmless, percent
from mien.report.page.words import Language
from mien.types import EMOTION, INPUTS

_STEPS = " ▁▂▃▄▅▆▇█"
_NOTABLE = 0.01  # a weight below this is not worth a word


def render(e: Explanation) -> RenderableType:
    """For a Rich console: answer, contributions, evidence, and the way from input to answer."""
    parts: list[RenderableType] = [_head(e), *_conflict(e), Text(), _contributions(e)]
    for found in e.evidence:
        parts += [Text(), Text(f"Evidence in the {INPUTS[found.modality]}", style="bold"), *_evidence(found, e.label)]
    parts += [Text(), Text("How the answer came about", style="bold"), *_path(e)]
    parts += [Text(harmless(f"Note: {w}."), style="yellow") for w in e.warnings]
    return Group(*parts)


def _head(e: Explanation) -> Text:
    p = e.prediction
    when = f"{clock(p.span.start)}-{clock(p.span.end)}" if p.span.duration else "still"
    text = Text(harmless(f"{e.source} {when} {p.who or ''}".rstrip()))
    asked = "" if e.task == EMOTION.name else f"{harmless(e.task)} "
    text.append(f": {asked}{p.label} {percent(p.scores[p.label])}", style=f"bold {COLOURS.get(p.label, '')}")
    if p.uncertain:
        text.append(" (uncertain, a best guess)", style="yellow")
    if e.label != p.label:
        text.append(f"; asked about {e.label}, {percent(p.scores[e.label])}")
    if p.text:
        text.append(f'\n"{harmless(p.text)}"')
    return text


def _conflict(e: Explanation) -> list[Text]:
    pair = e.prediction.conflict
    if pair is None:
        return []
    sides = " but ".join(f"the {INPUTS[o.modality]} {o.label} ({percent(o.probability)})" for o in pair)
    return [Text(f"The inputs disagree: {sides}.", style="yellow")]


def _contributions(e: Explanation) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("input")
    table.add_column(f"moved '{e.label}' by", justify="right")
    table.add_column("alone says")
    table.add_column("measured quality")
    table.add_row("nothing read", f"{_points(e.prior, sign=False)}", "", "")
    for m, value in e.contributions.items():
        opinion, quality = e.prediction.opinions[m], e.prediction.quality.get(m, {})
        top = max(opinion, key=lambda k: opinion[k])
        measured = ", ".join(f"{harmless(k)} {v:.3g}" for k, v in quality.items())
        table.add_row(INPUTS[m], _points(value), f"{top} {percent(opinion[top])}", measured)
    table.add_row("together", _points(e.prediction.scores[e.label], sign=False), "", "", style="bold")
    return table


def _points(value: float, sign: bool = True) -> str:
    return f"{100 * value + 0.0:+.0f}%" if sign else percent(value)


def _evidence(found: Evidence, label: str) -> list[RenderableType]:
    sums = [] if found.total is None else [_sum(found.pieces, found.total)]
    if found.modality == "text":
        return [_words(found.pieces, label), *sums]
    return [_sound(found.pieces) if found.modality == "voice" else _face(found.pieces, label), *sums]


def _sum(pieces: Sequence[Piece], total: float) -> Text:
    """Whether the parts account for the whole."""
    found = sum(p.weight for p in pieces)
    style = "dim" if abs(found - total) < _NOTABLE else "yellow"
    return Text(f"the weights sum to {100 * found:+.1f}%; the whole input brings {100 * total:+.1f}%", style=style)


def _words(pieces: Sequence[Piece], label: str) -> Text:
    text = Text()
    for p in pieces:
        style = "" if abs(p.weight) < _NOTABLE else "bold underline" if p.weight > 0 else "dim"
        text.append(harmless(p.text), style=style)
        text.append(f"({_points(p.weight)}) " if style else " ")
    text.append(f"\nunderlined: spoke for {label}; dim: against", style="dim")
    return text


def _sound(pieces: Sequence[Piece]) -> Text:
    top = max((abs(p.weight) for p in pieces), default=0.0) or 1.0
    text = Text()
    for band, row in reversed([(b, list(r)) for b, r in groupby(pieces, key=lambda p: p.band)]):
        name = f"{band[0] / 1000:g}-{band[1] / 1000:g} kHz" if band else ""
        cells = "".join(3 * _STEPS[round(8 * max(p.weight, 0.0) / top)] for p in row)
        text.append(f"{name:>11} |{cells}|\n")
    best = max(pieces, key=lambda p: p.weight)
    if best.span is not None and best.band is not None:
        text.append(f"time goes right; most for it: {clock(best.span.start)}-{clock(best.span.end)}, ")
        text.append(f"{best.band[0]:.0f}-{best.band[1]:.0f} Hz ({_points(best.weight)})")
    return text


def _face(pieces: Sequence[Piece], label: str) -> Text:
    top = max((abs(p.weight) for p in pieces), default=0.0) or 1.0
    text = Text()
    for _, row in groupby(pieces, key=lambda p: p.box and p.box[1]):
        text.append("  " + "".join(2 * _STEPS[round(8 * max(p.weight, 0.0) / top)] for p in row) + "\n")
    text.append(f"the face crop from its top to its chin; full blocks spoke most for {label}", style="dim")
    return text


def _calibration(c: Calibrated) -> str:
    how = f"calibrated for {c.subset} ({c.method}{', fitted on composites' if c.composite else ''})"
    poor = f"made {c.guards:.2g} times flatter by signs of a poor input" if c.guards > 1 else ""
    return ", ".join(part for part in (how if c.method else "not calibrated", poor) if part)


def _path(e: Explanation) -> list[Text]:
    lines = []
    if e.missing:
        lines.append("Not there: " + ", ".join(INPUTS[m] for m in e.missing) + ".")
    for stage in e.stages:
        whose = f" {INPUTS[stage.modality]}" if stage.modality else ""
        graph = f", graph {stage.file} (SHA-256 {stage.sha256[:12]}...)" if stage.file else ""
        lines.append(f"{stage.name}{whose}: {stage.part}{graph}")
    pooled, calibrated = percent(e.pooled[e.label]), percent(e.prediction.scores[e.label])
    lines.append(f"{_calibration(e.calibrated)}: {e.label} {pooled} became {calibrated}")
    lines.append("weighed by the fusion: " + ", ".join(f"{INPUTS[m]} {percent(w)}" for m, w in e.weights.items()))
    if e.prediction.label_set and e.calibrated.coverage is not None:
        rate = percent(e.calibrated.coverage)
        lines.append(f"labels that hold the right one in {rate} of such cases: " + ", ".join(e.prediction.label_set))
    lines.append(f"uncertain below {percent(e.calibrated.threshold)}")
    if e.prediction.reasons:
        lines.append(
            "less sure because " + "; ".join(Language("en").name_of("reasons", r) for r in e.prediction.reasons)
        )
    card = f"; its card: mien card {e.bundle}" if e.bundle in shipped() else ""
    lines.append(f"bundle {e.bundle} (SHA-256 {e.bundle_sha256[:12]}...){card}")
    return [Text(harmless(f"{number}. {line}")) for number, line in enumerate(lines, start=1)]
