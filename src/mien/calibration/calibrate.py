"""Fits what a bundle knows of its own errors, on validation data, and writes it into the bundle."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mien.bundle.answer import Subset, single, subsets_of
from mien.bundle.bundle import Bundle
from mien.calibration.effects import effects
from mien.calibration.entries import Aims as Aims
from mien.calibration.entries import Entries, Known, careful, entry
from mien.calibration.fit_guards import guards_of
from mien.calibration.samples import SetAnswers, composites, read_set
from mien.calibration.write import apart, entrusted
from mien.data.corpus import Corpus
from mien.data.sets import ExampleSet, example_sets
from mien.errors import InputError
from mien.events import Progress, Work
from mien.recipe.recipe import Recipe
from mien.trust.guard import Guard
from mien.trust.judgement import subset_name
from mien.trust.sample import joined, load
from mien.trust.table import Effect, Fitted, TrustTable
from mien.types import Task

_FEWEST = 30  # labelled examples: on fewer nothing is fitted


def calibrate(
    bundle: Bundle,
    recipe: Recipe,
    corpus: Corpus,
    aims: Aims | None = None,
    more: Path | None = None,
    out: Path | None = None,
) -> Work[Bundle]:
    """Fit calibration, label sets and thresholds of every subset of modalities on the validation sets of a recipe.

    Nothing is trained. The test sets are read too, for the figures on the card; nothing is chosen on them. Data that are not
    the bundle's own may lack a modality: then the bundle keeps what it knows of that.

    Args:
        bundle: it is changed, unless ``out`` is given.
        recipe: whose data: the bundle's own, or another one with its tasks; its encoders are not looked at.
        corpus: the recipe's data, labelled for the bundle's tasks.
        aims: what to reach.
        more: further answers of one subset of modalities, out of fold for the training data (``benchmarks/crossfit.py``): where
            validation data hold few speakers. Its calibration is fitted on both, label sets and thresholds too.
        out: folder of the calibrated bundle, named after the recipe; data that are not the bundle's own need one.

    Raises:
        InputError: it answers with no single label, and only such answers are calibrated; too few examples are labelled;
            or ``out`` is needed, or there already.
        RecipeError: data that are missing.
    """
    single(bundle.tasks)
    others = recipe.data != bundle.recipe.data
    if others and out is None:
        raise InputError("data of your own make another bundle; say with --out in which folder")
    if out is not None and out.exists():
        raise InputError(f"'{out}' is there already; name a folder that is not")
    found = yield from fit(bundle, corpus, aims, more)
    if not found.tasks:
        raise InputError(
            f"fewer than {_FEWEST} validation examples of '{recipe.name}' have one right label, too few to calibrate on; "
            "give more, or hold out more speakers"
        )
    return entrusted(bundle, found) if out is None else apart(bundle, recipe.name, found, others, out)


def fit(bundle: Bundle, corpus: Corpus, aims: Aims | None = None, more: Path | None = None) -> Work[TrustTable]:
    """What goes into the bundle, see ``calibrate``.

    What fewer than 30 validation examples are known of is left out: then a bundle answers as its graphs do. So are tasks that
    validation data have no labels for.
    """
    aims = aims or Aims()
    tasks: dict[str, Entries] = {}
    guards: list[Guard] = []
    measured: list[Effect] = []
    single_label = [t for t in bundle.tasks if t.kind == "single"]
    sets: dict[str, list[ExampleSet]] = {}
    for split in ("valid", "test") if single_label else ():
        sets[split] = yield from example_sets(corpus, split, bundle.encoders, bundle.tables, bundle.populations)
    for task in single_label:
        valid = yield from _answers(bundle, sets["valid"], task)
        entries = _entries(bundle, valid, task, aims, more)
        if not entries:
            continue
        if not tasks:
            guards = yield from guards_of(bundle, corpus, task, valid, entries)
        tasks[task.name] = entries
        test = yield from _answers(bundle, sets["test"], task)
        measured += effects(test, task, entries)
    return TrustTable(aims.coverage, aims.risk, tasks, tuple(guards), tuple(measured))


def _entries(bundle: Bundle, valid: Sequence[SetAnswers], task: Task, aims: Aims, more: Path | None) -> Entries:
    """Of the subsets that enough is known of."""
    redundancy = float(bundle.table.fusion.options.get("redundancy", 0.0))
    conditions = {m: bundle.encoders[m].conditions for m in bundle.modalities}
    entries: dict[str, Fitted] = {}
    for s in subsets_of(bundle.modalities):
        known = _known(bundle, valid, s, task, more)
        if known is not None and len(known.sample) >= _FEWEST:
            found = entry(known, {m: names for m, names in conditions.items() if m in s}, aims, redundancy)
            entries[subset_name(s)] = careful(found, [entries[m] for m in s if m in entries])
    return entries


def _answers(bundle: Bundle, sets: Sequence[ExampleSet], task: Task) -> Work[list[SetAnswers]]:
    found = []
    for done, part in enumerate(sets, start=1):
        found.append(read_set(bundle, part, task))
        yield Progress("calibrate", f"{part.split} {task.name}", done, len(sets))
    return found


def _known(
    bundle: Bundle, answers: Sequence[SetAnswers], subset: Subset, task: Task, more: Path | None
) -> Known | None:
    """All answers by a subset whose truth is known: on sets whose examples have it, or else on composites."""
    real = [a for a in answers if subset in a.samples]
    if not real:
        sample = composites(bundle, answers, subset, task)
        names = [a.name for a in answers if subset & set(a.kept)]
        return None if sample is None else Known(sample, names, subset, composite=True)
    sample, names = joined([a.samples[subset] for a in real]), [f"{a.name} valid" for a in real]
    if more is not None:
        further, of, sets = load(more)
        if of == subset:
            # Every data set counts the same in either part, and both parts do.
            sample, names = joined([sample, further]), [*names, *sets]
    return Known(sample, names, subset, composite=False)
