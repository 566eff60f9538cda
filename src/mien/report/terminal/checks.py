"""Shows the findings of a data check in the terminal."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mien.data.checks.findings import Fault, Findings
from mien.data.split import SPLITS
from mien.report.terminal.colours import ADVICE, FAULT, GOOD, NOTE
from mien.report.terminal.harmless import harmless
from mien.report.terminal.tables import table

_VARIES = re.compile(r"'[^']*'|\d+(?:\.\d+)?")  # what differs between messages of one kind: names and numbers
_SHOWN = 20  # faults that are listed; the JSON has more


def render(findings: Findings) -> RenderableType:
    """What a Rich console shows: counts, faults, problems, warnings, advice."""
    usable = findings.rows - findings.faulty
    has = ", ".join(f"{m} {n:,}" for m, n in findings.modalities.items())
    parts: list[RenderableType] = [
        Text(
            harmless(
                f"{findings.manifest}: {usable:,} of {findings.rows:,} clips are usable" + (f" ({has})" if has else "")
            )
        ),
        *(_labels(task, labels, findings.speakers) for task, labels in findings.labels.items()),
        *_faults(findings),
        *_lines("Problem", findings.problems, FAULT),
        *_lines("Note", findings.warnings, NOTE),
        *_lines("Would help most", findings.advice, ADVICE),
    ]
    if findings.good and findings.trainable:
        parts.append(Text("Nothing is wrong.", style=GOOD))
    return Group(*parts)


def _labels(task: str, labels: Mapping[str, Mapping[str, int]], speakers: Mapping[str, int]) -> Table:
    splits = [s for s in (*SPLITS, "") if any(s in counts for counts in labels.values())]
    rows = [(label, *(f"{counts.get(split, 0):,}" for split in splits)) for label, counts in labels.items()]
    if speakers:
        rows.append(("speakers", *(f"{speakers.get(split, 0):,}" for split in splits)))
    head = [task, *(split or "no split" for split in splits)]
    return table(head, rows, right=range(1, len(head)), last="dim" if speakers else "")


def _faults(findings: Findings) -> list[RenderableType]:
    if not findings.faulty:
        return []
    kinds = ", ".join(f"{kind} {n:,}" for kind, n in findings.reasons.items())
    head = ("row", "id", "why it cannot be used")
    alike = _alike(findings.faults)
    rows = (
        (str(first.row), first.id, first.why + (f" (and {count - 1:,} rows like it)" if count > 1 else ""))
        for first, count in alike[:_SHOWN]
    )
    more = findings.faulty - sum(count for _, count in alike[:_SHOWN])
    rest = [Text(f"... and {more:,} more; --json FILE lists them", style="dim")] if more > 0 else []
    about = Text(f"{findings.faulty:,} rows cannot be used: {kinds}", style=FAULT)
    return [about, table(head, rows, right=(0,), folded=(1, 2)), *rest]


def _alike(faults: Iterable[Fault]) -> list[tuple[Fault, int]]:
    """The first of the faults that say the same, up to names and numbers, and how many there are of them."""
    first: dict[str, Fault] = {}
    counts: Counter[str] = Counter()
    for fault in faults:
        kind = _VARIES.sub("", fault.why)
        first.setdefault(kind, fault)
        counts[kind] += 1
    return [(fault, counts[kind]) for kind, fault in first.items()]


def _lines(title: str, lines: Iterable[str], style: str) -> list[RenderableType]:
    ended = (line if line.endswith((".", "?")) else f"{line}." for line in lines)
    return [Text(harmless(f"{title}: {line}"), style=style) for line in ended]
