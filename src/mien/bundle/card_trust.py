"""Writes the part of a model card on calibration, label sets, abstention and guards."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mien.trust.guard import Guard, GuardFit
from mien.trust.table import Effect, Fitted, TrustTable

_UNCALIBRATED = (
    "Probabilities are not calibrated: too few labelled validation examples were at hand when the bundle was made."
)

_COMPOSITES = """\
*Composites*: no data with all modalities of the same moment were at hand. One example of each modality with the same label was
put together; given the label they are independent, which parts of one real moment are not. The temperature is therefore raised
by the redundancy that the pool measured on real pairs, and label sets and thresholds are no bolder than those of the most
careful modality alone. What is said of several modalities together has not been tested on real clips."""

_TESTED = """\
On the test sets (one seed, this bundle), without what the signs of a poor input below do. *floor*: the ECE that exactly true
probabilities would show with so many examples. *all of these*: the sets of a modality together, where errors of one kind on one
set and of the other kind on another cancel out. *debiased*: the root mean square calibration error without what chance adds.
*answered*: share not uncertain."""

_GUARDS = """\
*Signs of a poor input*, by name in `reasons`. Each makes the answer flatter by its temperature, which counts by the share of
its modality and fits best by NLL on validation examples degraded on purpose: *n* of these trigger it, and of those the share
*right* was answered right. *clean*: how often examples trigger it that were not degraded."""


def trusted(trust: TrustTable | None) -> str:
    """The part in Markdown; one sentence for a bundle without calibration."""
    if trust is None:
        return _UNCALIBRATED
    several = len(trust.tasks) > 1
    entries = [(task, subset, e) for task, fitted in trust.tasks.items() for subset, e in fitted.items()]
    lines = [
        f"Label sets aim at {trust.coverage:.0%} coverage; an answer is uncertain when its most probable label does not "
        f"reach the threshold, above which at most {trust.risk:.0%} of the answers were wrong in fitting.",
        "",
        "| modalities | fitted on | n | speakers | method | temperature | label sets | uncertain below |",
        "|---|---|---|---|---|---|---|---|",
        *(_fitted(f"{task}: {subset}" if several else subset, e) for task, subset, e in entries),
    ]
    if any(e.composite for *_, e in entries):
        lines += ["", _COMPOSITES]
    head = (
        "| set | modality | n | ECE | before | floor | debiased | Brier | NLL "
        "| covered | labels in a set | answered | wrong of those | AURC |"
    )
    effects = [_effect(row, several) for row in trust.measured]
    return "\n".join([*lines, "", _TESTED, "", head, "|" + "---|" * 14, *effects, *_guards(trust.guards)])


def _fitted(of: str, e: Fitted) -> str:
    temperatures = 1 / e.calibration.scale
    low, high = float(temperatures.min()), float(temperatures.max())
    temperature = f"{low:.2f}" if low == high else f"{low:.2f} to {high:.2f}"
    if e.calibration.slopes:
        temperature += f", by {', '.join(s.measure for s in e.calibration.slopes)}"
    data = f"composites of {', '.join(e.data)}" if e.composite else ", ".join(e.data)
    sets = f"{e.label_sets.rule.upper()} {e.label_sets.quantiles.max():.2f}"
    people = e.speakers or "unknown"
    return f"| {of} | {data} | {e.n} | {people} | {e.method} | {temperature} | {sets} | {e.uncertain.below:.2f} |"


def _effect(row: Effect, several: bool) -> str:
    """A row of the table: figures of the calibrated answers, and the ECE before calibration."""
    after, (low, high) = row.after, row.after.ece_95
    covered, size = (f"{after.covered:.3f}", f"{after.size:.2f}") if after.size is not None else ("", "")
    cells = [
        row.set,
        f"{row.task}: {row.modality}" if several else row.modality,
        after.n,
        f"{after.ece:.3f} ({low:.3f} to {high:.3f})",
        f"{row.before.ece:.3f}",
        f"{after.floor:.3f} ± {after.floor_std:.3f}",
        *(f"{value:.3f}" for value in (after.debiased, after.brier, after.nll)),
        *(covered, size),
        *(f"{value:.3f}" for value in (after.answered, after.risk, after.aurc)),
    ]
    return "| " + " | ".join(map(str, cells)) + " |"


def _guards(guards: Sequence[Guard]) -> list[str]:
    """The lines on how guards were fitted; empty for an older bundle that does not say it."""
    rows = [_guard(guard, guard.fitted) for guard in guards if guard.fitted is not None]
    head = "| sign | of | triggered by | degraded by | n | right | NLL before | NLL | temperature | clean |"
    return ["", _GUARDS, "", head, "|" + "---|" * 10, *rows] if rows else []


def _guard(guard: Guard, fitted: GuardFit) -> str:
    bounds = [f"{guard.measure} {sign} {bound:g}" for sign, bound in (("<", guard.below), (">", guard.above))]
    known = [said for said, bound in zip(bounds, (guard.below, guard.above), strict=True) if math.isfinite(bound)]
    cells = [
        guard.reason,
        guard.modality,
        " or ".join(known),
        ", ".join(fitted.degraded_by),
        str(fitted.n),
        *("" if value is None else f"{value:.2f}" for value in (fitted.right, fitted.nll_before, fitted.nll)),
        f"{guard.temperature:.2f}",
        f"{fitted.clean_share:.1%}",
    ]
    return "| " + " | ".join(cells) + " |"
