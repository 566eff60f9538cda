"""Writes what calibration found into a bundle, in place or in a new folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mien.bundle.bundle import Bundle
from mien.bundle.results import Result
from mien.bundle.write import copied, rewritten
from mien.errors import InputError
from mien.trust.table import TrustTable

_OF_PROBABILITIES = ("ece", "nll", "brier")  # metrics that calibration changes even if no answer gets another label


def entrusted(bundle: Bundle, found: TrustTable) -> Bundle:
    """Write what ``fit`` found into the JSON and the card of the bundle."""
    evaluation = renewed(bundle.table.evaluation, found)
    return rewritten(bundle, replace(bundle.table, trust=found, evaluation=evaluation))


def apart(bundle: Bundle, name: str, found: TrustTable, partly: bool, out: Path) -> Bundle:
    """Write a calibrated copy of the bundle with all files into a new folder. The bundle itself stays as it is.

    Args:
        bundle: the bundle that is copied.
        name: name of the copy.
        found: what ``fit`` found.
        partly: whether to keep what the bundle has and ``found`` lacks.
        out: the new folder.

    Raises:
        InputError: see ``over``.
    """
    before = bundle.table.trust
    trust = over(before, found) if partly and before is not None else found
    evaluation = renewed(bundle.table.evaluation, found)
    return copied(bundle, replace(bundle.table, name=name, trust=trust, evaluation=evaluation), out)


def over(before: TrustTable, found: TrustTable) -> TrustTable:
    """What was found, joined with the parts of an earlier calibration that were not fitted again.

    Raises:
        InputError: the two have different aims, so label sets would not mean the same for all subsets of the modalities.
    """
    tasks = {name: {**entries, **found.tasks.get(name, {})} for name, entries in before.tasks.items()}
    kept = {name: set(entries) - set(found.tasks.get(name, {})) for name, entries in before.tasks.items()}
    for aim, then, now in (("coverage", before.coverage, found.coverage), ("risk", before.risk, found.risk)):
        if any(kept.values()) and then != now:
            raise InputError(
                f"answers by {', '.join(sorted(set().union(*kept.values())))} stay calibrated for a {aim} of {then:g}, "
                f"for the data have none; take the same {aim}"
            )
    modalities = {guard.modality for guard in found.guards}
    return replace(
        found,
        tasks={**found.tasks, **tasks},
        guards=(*(g for g in before.guards if g.modality not in modalities), *found.guards),
        measured=(*(row for row in before.measured if row.modality in kept.get(row.task, ())), *found.measured),
    )


def renewed(evaluation: Sequence[Result], found: TrustTable) -> tuple[Result, ...]:
    """The evaluation of a bundle after a new calibration. Rows that it changes are then of one seed, that of the bundle.

    A temperature changes only metrics of probabilities; a bias for each label changes all metrics. A changed row without a new
    value is left out.
    """
    figures = {(row.set, row.task, row.modality): row.after for row in found.measured}
    rows = []
    for row in evaluation:
        entry = found.tasks.get(row.task, {}).get(row.modality)
        if entry is None or not (row.metric in _OF_PROBABILITIES or entry.calibration.bias.any()):
            rows.append(row)
            continue
        now = figures.get((row.set, row.task, row.modality))
        value = None if now is None else now.metric(row.metric)
        if value is not None:
            rows.append(replace(row, value=value, std=None, seeds=1))
    return tuple(rows)
