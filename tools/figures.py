"""Writes the measured figures of the shipped bundles into README.md: ``python -m tools.figures`` (``--check`` compares)."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mien.runtime.marks import rebuilt

ROOT = Path(__file__).resolve().parents[1]
METRICS = {
    "accuracy": "accuracy",
    "uar": "UAR",
    "macro_f1": "macro F1",
    "multilabel_f1": "multi-label F1",
    "ece": "ECE",
}

Entry = Mapping[str, Any]


def table(bundles: Mapping[str, Sequence[Entry]]) -> str:
    """A Markdown table: one row for each bundle, modality and test set, and one column for each metric."""
    entries = [e for rows in bundles.values() for e in rows]
    if not entries:
        return "Not measured yet."
    columns = [m for m in METRICS if any(e["metric"] == m for e in entries)]
    head = ["bundle", "modality", "test set", "n", "seeds", *(METRICS[m] for m in columns)]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for name, rows in bundles.items():
        for key in dict.fromkeys((e["modality"], e["set"], e["split"], e["n"]) for e in rows):
            same = {e["metric"]: e for e in rows if (e["modality"], e["set"], e["split"], e["n"]) == key}
            modality, data_set, split, n = key
            # Only the shipped weights are calibrated, so figures of calibration may have fewer seeds and no deviation.
            seeds = max(e["seeds"] for e in same.values())
            where = data_set if split == "test" else f"{data_set} ({split})"
            cells = [name, modality, where, f"{n:,}", str(seeds), *(_cell(same.get(m)) for m in columns)]
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(entry: Entry | None) -> str:
    if entry is None:
        return ""
    spread = "" if entry["std"] is None else f" ± {entry['std']:.3f}"
    common = "" if entry["majority"] is None else f" ({entry['majority']:.2f})"
    return f"{entry['value']:.3f}{spread}{common}"


def measured(folder: Path) -> dict[str, list[Entry]]:
    """The evaluation of every bundle in a folder, by name, with ``research`` first."""
    files = sorted(folder.glob("*/bundle.json"), key=lambda p: (p.parent.name != "research", p.parent.name))
    return {p.parent.name: json.loads(p.read_text(encoding="utf-8"))["evaluation"] for p in files}


def updated(text: str, figures: str) -> str:
    """The document with these figures."""
    return rebuilt(text, "figures", figures)


def main(arguments: Iterable[str]) -> int:
    """Writes the figures, or with ``--check`` returns 1 if they differ."""
    path = ROOT / "README.md"
    old = path.read_text(encoding="utf-8")
    new = updated(old, table(measured(ROOT / "src" / "mien" / "bundles")))
    if "--check" in arguments:
        return 0 if new == old else 1
    path.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
