"""The effect of calibration on test sets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from mien.bundle.answer import Subset
from mien.calibration.entries import Entries
from mien.calibration.samples import SetAnswers
from mien.evaluation.reliability import figures_of
from mien.trust.judgement import Judgement, subset_name
from mien.trust.sample import Sample, joined
from mien.trust.table import Effect, Fitted
from mien.types import Task

ALL = "all of these"
"""The name of several test sets whose answers are evaluated together. Every answer has the same weight."""


def effects(test: Sequence[SetAnswers], task: Task, entries: Entries) -> list[Effect]:
    """One effect for each test set and subset of the modalities, then one for each subset on all its sets together.

    Args:
        test: the bundle's answers on each test set.
        task: the task of these answers.
        entries: what was fitted for the task.
    """
    found, parts = [], defaultdict[Subset, list[Sample]](list)
    for answers in test:
        for subset, sample in answers.samples.items():
            if (name := subset_name(subset)) in entries:
                parts[subset].append(sample)
                found.append(_effect(answers.name, task, name, sample, entries[name]))
    for subset, samples in parts.items():
        if len(samples) > 1:
            name = subset_name(subset)
            found.append(_effect(ALL, task, name, joined(samples), entries[name]))
    return found


def _effect(name: str, task: Task, subset: str, sample: Sample, entry: Fitted) -> Effect:
    judgement = Judgement.of(entry)
    before = figures_of(sample, Judgement(judgement.calibration))
    return Effect(name, task.name, subset, before, figures_of(sample.by(judgement.calibration), judgement))
