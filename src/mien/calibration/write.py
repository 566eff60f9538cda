"""Puts what calibration found into a bundle: its JSON and its card, there or in a folder of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mien.bundle.bundle import Bundle
from mien.bundle.card import card
from mien.errors import InputError
from mien.runtime.cache import make_folder, write_atomic

_OF_PROBABILITIES = ("ece", "nll", "brier")  # metrics that calibration changes although it moves no label


def entrusted(bundle: Bundle, found: Mapping[str, Any]) -> Bundle:
    """The bundle with what ``fit`` found, in its JSON and on its card."""
    _write(_table(bundle), bundle.name, found, found, bundle.folder)
    return Bundle.load(bundle.folder)


def apart(bundle: Bundle, name: str, found: Mapping[str, Any], partly: bool, out: Path) -> Bundle:
    """The same in a folder of its own, with all files; the bundle stays as it is.

    Args:
        bundle: whose graphs.
        name: of the new one.
        found: by ``fit``.
        partly: what nothing was found of stays as it is in the bundle.
        out: the folder.

    Raises:
        InputError: see ``over``.
    """
    table = _table(bundle)
    whole = over(table.get("trust", {}), found) if partly else found

    def fill(draft: Path) -> None:
        bundle.copy(draft)
        _write(table, name, found, whole, draft)

    return Bundle.load(make_folder(out, fill))


def _write(
    table: Mapping[str, Any], name: str, found: Mapping[str, Any], trust: Mapping[str, Any], folder: Path
) -> None:
    now = {**table, "name": name, "trust": trust, "evaluation": renewed(table["evaluation"], found)}
    write_atomic(folder / "bundle.json", json.dumps(now, indent=1, ensure_ascii=False) + "\n")
    write_atomic(folder / "card.md", card(now))


def _table(bundle: Bundle) -> dict[str, Any]:
    table: dict[str, Any] = json.loads((bundle.folder / "bundle.json").read_text(encoding="utf-8"))
    return table


def over(before: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    """What was found, and of what was known before all that nothing was found of.

    Raises:
        InputError: the two have other aims, so that label sets would not mean the same for all subsets of modalities.
    """
    tasks = {name: {**entries, **found["tasks"].get(name, {})} for name, entries in before.get("tasks", {}).items()}
    kept = {name: set(entries) - set(found["tasks"].get(name, {})) for name, entries in tasks.items()}
    for aim in ("coverage", "risk"):
        if any(kept.values()) and before[aim] != found[aim]:
            raise InputError(
                f"answers by {', '.join(sorted(set().union(*kept.values())))} stay calibrated for a {aim} of {before[aim]:g}, "
                f"for the data have none; take the same {aim}"
            )
    modalities = {guard["modality"] for guard in found["guards"]}
    return {
        **found,
        "tasks": {**found["tasks"], **tasks},
        "guards": [*(g for g in before.get("guards", []) if g["modality"] not in modalities), *found["guards"]],
        "measured": [
            *(r for r in before.get("measured", []) if r["modality"] in kept.get(r["task"], ())),
            *found["measured"],
        ],
    }


def renewed(evaluation: Sequence[Mapping[str, Any]], found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The evaluation with what a new calibration changes as it is now (one seed: the one that is calibrated).

    What changed and was not measured anew is left out. A temperature changes probabilities, a bias for each label the labels
    too.
    """
    measured = {(row["set"], row["task"], row["modality"]): row for row in found["measured"]}
    rows = []
    for row in evaluation:
        metric, task, subset = row["metric"], row["task"], row["modality"]
        entry = found["tasks"].get(task, {}).get(subset)
        changed = entry is not None and (metric in _OF_PROBABILITIES or any(entry["calibration"]["bias"]))
        now = measured.get((row["set"], task, subset), {}) if changed else {}
        if metric in now:
            rows.append({**row, "value": now[metric], "std": None, "seeds": 1})
        elif not changed:
            rows.append(dict(row))
    return rows
