"""Signs of a poor input, and how much less sure an answer then is: fitted on examples that were spoilt on purpose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.bundle.bundle import Bundle
from mien.calibration.likelihood import fit_guards, nll, warmed
from mien.calibration.samples import Reading, read_set
from mien.recipe.recipe import Recipe
from mien.training.result import example_sets, progress_bars
from mien.trust.calibration import Calibration
from mien.trust.guard import Guard
from mien.trust.sample import Sample, joined
from mien.types import Modality, Task

GUARDS = (
    Guard("other_language", "text", "rarity", above=5.5),
    Guard("short_speech", "voice", "seconds", below=0.5),
    Guard("noise", "voice", "snr_db", below=5.5),
    Guard("small_face", "face", "side_px", below=16.0),
    Guard("blurred_face", "face", "sharpness", below=0.17),
)
"""Signs of a poor input that every bundle with such measures looks for; ``guards_of`` fits their temperatures.

The bounds are where half of what the bundle `research` says of spoilt validation examples is wrong, by logistic regression on
asinh of the measure (``benchmarks/guards.py --bounds``), rounded so that at most 1 % of clean examples are beyond; but for
small faces: half are wrong at 9 pixels, where hardly any face is found at all; at 16 it is a third."""

SPOILT: Mapping[Modality, tuple[str, ...]] = {
    "text": ("foreign:0.5", "foreign:1"),
    "voice": ("noise:5", "noise:0", "noise:-5", "shorten:0.5", "shorten:0.3"),
    "face": ("shrink:14", "shrink:8", "blur:2", "blur:4"),
}
"""How validation examples are spoilt for guards; see ``data.load.spoil``."""

_MOST = 300  # examples of each set, spoilt in each way


class Spoilt(NamedTuple):
    """Answers by one modality to one set, spoilt in one way; before calibration."""

    name: str
    modality: Modality
    how: str
    sample: Sample


def read_spoilt(
    bundle: Bundle, recipe: Recipe, modality: Modality, split: str, task: Task, root: Path, how: str, most: int
) -> Iterator[Spoilt]:
    """The sets of a recipe that have the modality, spoilt in one way.

    Args:
        recipe: whose data.
        split: "valid" or "test".
        how: see ``data.load.spoil``; "" leaves them as they are.
        most: so many examples of each set, evenly over the file.
    """
    alone = {modality: bundle.encoders[modality]}
    related = {m: p for m, p in bundle.populations.items() if m == modality}
    with progress_bars(quiet=True) as bars:
        sets = example_sets(recipe, split, alone, root, bars, related, (how, most))
    for part in sets:
        samples = read_set(bundle, part, task).samples
        if samples:
            yield Spoilt(part.name, modality, how, samples[frozenset([modality])])


def guards_of(
    bundle: Bundle,
    recipe: Recipe,
    task: Task,
    valid: Sequence[Reading],
    entries: Mapping[str, Any],
    root: Path,
    quiet: bool,
) -> list[dict[str, Any]]:
    """Entries of all guards whose measure the bundle takes, their temperatures fitted on spoilt validation examples.

    They are fitted for one task; a bundle softens its other single-label answers by the same.
    """
    found = []
    for modality in bundle.modalities:
        alone = frozenset([modality])
        clean = [r.samples[alone] for r in valid if alone in r.samples]
        guards = [g for g in GUARDS if g.modality == modality and clean and g.measure in clean[0].measures[modality]]
        if not guards or modality not in entries:
            continue
        spoilt: list[Sample] = []
        with progress_bars(quiet) as bars:
            for how in bars.track(SPOILT[modality], description=f"spoil {modality}"):
                spoilt += [s.sample for s in read_spoilt(bundle, recipe, modality, "valid", task, root, how, _MOST)]
        known = joined(spoilt)
        calibration = Calibration.from_table(entries[modality]["calibration"])
        # Every answer counts the same.
        known = replace(known, weights=np.full(len(known), 1 / len(known))).by(calibration)
        found += _fitted(guards, known, joined(clean))
    return found


def _fitted(guards: Sequence[Guard], known: Sample, clean: Sample) -> list[dict[str, Any]]:
    """Guards of one modality as the bundle stores them, by calibrated answers to spoilt and to clean examples."""
    alarmed = np.stack([g.fires(known.measures[g.modality][g.measure]) for g in guards], axis=1)
    temperatures = fit_guards(known, alarmed)
    after = warmed(known, alarmed, temperatures)
    rows = []
    for guard, fires, heat in zip(guards, alarmed.T, temperatures, strict=True):
        about: dict[str, Any] = {"spoilt_by": list(SPOILT[guard.modality]), "n": int(fires.sum())}
        if fires.any():
            about |= {"nll_before": _loss(known, fires), "nll": _loss(after, fires)}
            about |= {"right": round(float(known.right[fires].mean()), 4)}
        usual = guard.fires(clean.measures[guard.modality][guard.measure])
        about |= {"clean": len(clean), "clean_share": round(float(clean.weights @ usual), 4)}
        rows.append({**_plain(replace(guard, temperature=heat)), "fitted": about})
    return rows


def _loss(sample: Sample, rows: NDArray[np.bool_]) -> float:
    return round(float(nll(sample.rows(rows)).mean()), 4)


def _plain(guard: Guard) -> dict[str, Any]:
    """Without bounds that are infinite, which JSON does not know."""
    return {k: v for k, v in asdict(guard).items() if v not in (float("inf"), float("-inf"))}
