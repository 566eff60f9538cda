"""Calibrates a bundle on validation data: fits what it knows about its own errors, and writes it into the bundle."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mien.bundle.answer import Subset, single, subsets_of
from mien.bundle.bundle import Bundle
from mien.calibration.channels import Channels
from mien.calibration.effects import effects
from mien.calibration.entries import Aims, Entries, Known, careful, entry
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

_FEWEST = 30  # labelled examples; with fewer, nothing is fitted


def calibrate(
    bundle: Bundle,
    recipe: Recipe,
    corpus: Corpus,
    aims: Aims | None = None,
    more: Sequence[Path] = (),
    out: Path | None = None,
) -> Work[Bundle]:
    """Fit calibration, label sets and thresholds of every subset of modalities on the validation sets of a recipe.

    Nothing is trained. The test sets are used for the figures on the card, and nothing is chosen on them. Data other than the
    bundle's own may lack a modality. Then the bundle keeps what it knows about that modality.

    Args:
        bundle: the bundle; it is changed, unless ``out`` is given.
        recipe: the recipe with the data, the bundle's own or another one with the same tasks. Its encoders are not used.
        corpus: the recipe's data, labelled for the bundle's tasks.
        aims: what label sets and abstention should reach; ``None`` for the defaults.
        more: files with further answers, each from one subset of the modalities, about data sets that the part was trained
            without (``benchmarks/transfer.py --out``). Everything for this subset is fitted on both, so that confidence holds
            on people and recordings unlike the training data, too.
        out: folder of the calibrated bundle, which gets the name of the recipe. Data other than the bundle's own need it.

    Raises:
        InputError: no task of the bundle is single-label, too few examples are labelled, or ``out`` is missing or exists.
        RecipeError: data are missing.
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


def fit(bundle: Bundle, corpus: Corpus, aims: Aims | None = None, more: Sequence[Path] = ()) -> Work[TrustTable]:
    """Fit what goes into the bundle, see ``calibrate``.

    Subsets with fewer than 30 labelled validation examples are left out, and so are tasks without labels. For these a bundle
    answers with the scores of its graphs.
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


def _entries(bundle: Bundle, valid: Sequence[SetAnswers], task: Task, aims: Aims, more: Sequence[Path]) -> Entries:
    """What is fitted for the subsets with enough labelled examples."""
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
    bundle: Bundle, answers: Sequence[SetAnswers], subset: Subset, task: Task, more: Sequence[Path]
) -> Known | None:
    """All labelled answers from a subset: on data sets whose examples have it, or else on composites."""
    channels = Channels.of(bundle)
    real = [a for a in answers if subset in a.samples]
    if not real:
        sample = composites(bundle, answers, subset, task, channels)
        names = [a.name for a in answers if subset & set(a.kept)]
        return None if sample is None else Known(sample, names, subset, composite=True, even=channels is not None)
    sample, names = joined([a.samples[subset] for a in real]), [f"{a.name} valid" for a in real]
    for path in more:
        further, of, sets = load(path)
        if of == subset:
            # Both parts have the same weight, and so have the data sets within each part.
            further = further if channels is None else channels.cooled(further, subset)
            sample, names = joined([sample, further]), [*names, *sets]
    return Known(sample, names, subset, composite=False, even=channels is not None)
