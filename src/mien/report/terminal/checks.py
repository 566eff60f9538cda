"""The findings for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mien.data.checks.findings import SPLITS, Findings
from mien.report.exporters.table import harmless

_SHOWN = 20  # faults listed; all of them are in the JSON


def render(findings: Findings) -> RenderableType:
    """For a Rich console: counts, faults, problems, warnings, advice."""
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
        *_lines("Problem", findings.problems, "red"),
        *_lines("Note", findings.warnings, "yellow"),
        *_lines("Would help most", findings.advice, "cyan"),
    ]
    if findings.good and findings.trainable:
        parts.append(Text("Nothing is wrong.", style="green"))
    return Group(*parts)


def _labels(task: str, labels: Mapping[str, Mapping[str, int]], speakers: Mapping[str, int]) -> Table:
    splits = [s for s in (*SPLITS, "") if any(s in counts for counts in labels.values())]
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column(task)
    for split in splits:
        table.add_column(split or "no split", justify="right")
    for label, counts in labels.items():
        table.add_row(Text(harmless(label)), *(f"{counts.get(split, 0):,}" for split in splits))
    if speakers:
        table.add_row("speakers", *(f"{speakers.get(split, 0):,}" for split in splits), style="dim")
    return table


def _faults(findings: Findings) -> list[RenderableType]:
    if not findings.faulty:
        return []
    kinds = ", ".join(f"{kind} {n:,}" for kind, n in findings.reasons.items())
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in ("row", "id", "why it cannot be used"):
        table.add_column(name, overflow="fold", justify="right" if name == "row" else "left")
    for fault in findings.faults[:_SHOWN]:
        table.add_row(str(fault.row), Text(harmless(fault.id)), Text(harmless(fault.why)))
    more = findings.faulty - _SHOWN
    rest = [Text(f"... and {more:,} more; --json FILE lists them", style="dim")] if more > 0 else []
    return [Text(f"{findings.faulty:,} rows cannot be used: {kinds}", style="red"), table, *rest]


def _lines(title: str, lines: Iterable[str], style: str) -> list[RenderableType]:
    ended = (line if line.endswith((".", "?")) else f"{line}." for line in lines)
    return [Text(harmless(f"{title}: {line}"), style=style) for line in ended]
