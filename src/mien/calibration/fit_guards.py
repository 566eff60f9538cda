"""Fits guards on degraded examples: how much less sure an answer to a poor input has to be."""

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
from mien.data.items import Copies
from mien.data.sets import example_sets
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
"""The guards of every bundle that has these measures; ``guards_of`` fits their temperatures.

At its bound, half of the answers of the bundle `research` to degraded validation examples are wrong, by logistic regression
on asinh of the measure (``benchmarks/guards.py --bounds``). Bounds are rounded so that at most 1 % of clean examples are
beyond them. Small faces are an exception: half of their answers are wrong at 9 pixels, where hardly any face is found, and a
third at 16."""

DEGRADED: Mapping[Modality, tuple[str, ...]] = {
    "text": ("foreign:0.5", "foreign:1"),
    "voice": ("noise:5", "noise:0", "noise:-5", "shorten:0.5", "shorten:0.3"),
    "face": ("shrink:14", "shrink:8", "blur:2", "blur:4"),
}
"""How validation examples are degraded to fit guards; see ``data.degrade``."""

_MOST = 300  # largest number of examples of a set that are degraded in one way


class Degraded(NamedTuple):
    """Answers from one modality to one data set that was degraded in one way, before calibration.

    Attributes:
        name: name of the data set.
        modality: the modality.
        how: "kind:level".
        sample: the answers.
    """

    name: str
    modality: Modality
    how: str
    sample: Sample


def read_degraded(
    bundle: Bundle, corpus: Corpus, modality: Modality, split: str, task: Task, copies: Copies
) -> Work[list[Degraded]]:
    """The answers of a bundle to the data sets that have a modality, degraded in one way.

    Args:
        bundle: the bundle.
        corpus: the data.
        modality: the modality that is degraded; the others are left out.
        split: "valid" or "test".
        task: the task that is answered.
        copies: how the examples are degraded, and how many of each set.
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
    """The guards whose measure the bundle's encoders give, with temperatures fitted on degraded validation examples.

    They are fitted for one task. A bundle uses the same temperatures for its other single-label tasks.
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
        # Every answer gets the same weight.
        known = replace(known, weights=np.full(len(known), 1 / len(known))).by(entries[modality].calibration)
        found += _fitted(guards, known, joined(clean))
    return found


def _fitted(guards: Sequence[Guard], known: Sample, clean: Sample) -> list[Guard]:
    """Guards of one modality with their temperatures.

    Args:
        guards: the guards, without temperatures.
        known: calibrated answers to degraded examples.
        clean: answers to clean examples.
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
