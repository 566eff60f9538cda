"""Signs of a poor input, and how much less sure an answer then is: fitted on examples that were degraded on purpose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.bundle.bundle import Bundle
from mien.calibration.entries import Entries
from mien.calibration.likelihood import fit_guards, guarded, nll
from mien.calibration.samples import SetAnswers, read_set
from mien.data.corpus import Corpus
from mien.data.sets import Copies, example_sets
from mien.events import Progress, Work
from mien.trust.guard import Guard, GuardFit
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

The bounds are where half of what the bundle `research` says of degraded validation examples is wrong, by logistic regression on
asinh of the measure (``benchmarks/guards.py --bounds``), rounded so that at most 1 % of clean examples are beyond; but for
small faces: half are wrong at 9 pixels, where hardly any face is found at all; at 16 it is a third."""

DEGRADED: Mapping[Modality, tuple[str, ...]] = {
    "text": ("foreign:0.5", "foreign:1"),
    "voice": ("noise:5", "noise:0", "noise:-5", "shorten:0.5", "shorten:0.3"),
    "face": ("shrink:14", "shrink:8", "blur:2", "blur:4"),
}
"""How validation examples are degraded for guards; see ``data.degrade``."""

_MOST = 300  # examples of each set, degraded in each way


class Degraded(NamedTuple):
    """Answers by one modality to one set that was degraded in one way; before calibration."""

    name: str
    modality: Modality
    how: str
    sample: Sample


def read_degraded(
    bundle: Bundle, corpus: Corpus, modality: Modality, split: str, task: Task, copies: Copies
) -> Work[list[Degraded]]:
    """The answers of a bundle to the sets of a corpus that have the modality, degraded in one way.

    Args:
        bundle: what is asked.
        corpus: whose examples.
        modality: what is degraded; the others are left out.
        split: "valid" or "test".
        task: what is asked of them.
        copies: how, and how many of each set.
    """
    alone = {modality: bundle.encoders[modality]}
    related = {m: p for m, p in bundle.populations.items() if m == modality}
    sets = yield from example_sets(corpus, split, alone, bundle.tables, related, copies)
    found = []
    for part in sets:
        samples = read_set(bundle, part, task).samples
        if samples:
            found.append(Degraded(part.name, modality, copies.how, samples[frozenset([modality])]))
    return found


def guards_of(
    bundle: Bundle, corpus: Corpus, task: Task, valid: Sequence[SetAnswers], entries: Entries
) -> Work[list[Guard]]:
    """All guards whose measure the bundle takes, their temperatures fitted on degraded validation examples.

    They are fitted for one task; a bundle softens its other single-label answers by the same.
    """
    found = []
    for modality in bundle.modalities:
        alone = frozenset([modality])
        clean = [answers.samples[alone] for answers in valid if alone in answers.samples]
        guards = [g for g in GUARDS if g.modality == modality and clean and g.measure in clean[0].measures[modality]]
        if not guards or modality not in entries:
            continue
        degraded: list[Sample] = []
        for done, how in enumerate(DEGRADED[modality], start=1):
            copies = yield from read_degraded(bundle, corpus, modality, "valid", task, Copies(how, _MOST))
            degraded += [part.sample for part in copies]
            yield Progress("degrade", modality, done, len(DEGRADED[modality]))
        known = joined(degraded)
        # Every answer counts the same.
        known = replace(known, weights=np.full(len(known), 1 / len(known))).by(entries[modality].calibration)
        found += _fitted(guards, known, joined(clean))
    return found


def _fitted(guards: Sequence[Guard], known: Sample, clean: Sample) -> list[Guard]:
    """Guards of one modality with their temperatures.

    Args:
        guards: without.
        known: calibrated answers to degraded examples.
        clean: answers to examples as they are.
    """
    triggered = np.stack([g.outside(known.measures[g.modality][g.measure]) for g in guards], axis=1)
    temperatures = fit_guards(known, triggered)
    after = guarded(known, triggered, temperatures)
    found = []
    for guard, rows, temperature in zip(guards, triggered.T, temperatures, strict=True):
        some = bool(rows.any())
        usual = guard.outside(clean.measures[guard.modality][guard.measure])
        fitted = GuardFit(
            degraded_by=DEGRADED[guard.modality],
            n=int(rows.sum()),
            nll_before=_loss(known, rows) if some else None,
            nll=_loss(after, rows) if some else None,
            right=round(float(known.right[rows].mean()), 4) if some else None,
            clean=len(clean),
            clean_share=round(float(clean.weights @ usual), 4),
        )
        found.append(replace(guard, temperature=temperature, fitted=fitted))
    return found


def _loss(sample: Sample, rows: NDArray[np.bool_]) -> float:
    return round(float(nll(sample.rows(rows)).mean()), 4)
