"""Fits what a bundle knows of its own errors, on validation data, and writes it into the bundle."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from mien.bundle.answer import Subset, single, subsets_of
from mien.bundle.bundle import Bundle
from mien.calibration.conformal import fit_label_sets, fit_threshold
from mien.calibration.fit_guards import guards_of
from mien.calibration.likelihood import fit_calibration, fit_temperature
from mien.calibration.samples import Reading, composites, read_set
from mien.calibration.write import apart, entrusted
from mien.data.corpus import Corpus
from mien.data.sets import ExampleSet, example_sets
from mien.errors import InputError
from mien.evaluation.reliability import measure
from mien.events import Progress, Work
from mien.recipe.recipe import Recipe
from mien.trust.calibration import Calibration
from mien.trust.judgement import HALF, Judgement, subset_name
from mien.trust.sample import Sample, joined, load
from mien.types import Task

_FEWEST = 30  # labelled examples: on fewer nothing is fitted

ALL = "all of these"
"""Stands for the name of a set where the answers on several are measured together, each answer counting the same."""


@dataclass(frozen=True)
class Aims:
    """What label sets and abstention shall reach.

    Attributes:
        coverage: rate at which label sets shall hold the right label.
        risk: share that may be wrong of the answers not called uncertain.
        by_label: the rate shall hold for each label.

    Raises:
        InputError: a rate that nothing can reach, or that says nothing.
    """

    coverage: float = 0.9
    risk: float = 0.2
    by_label: bool = False

    def __post_init__(self) -> None:
        for name, share in (("coverage", self.coverage), ("risk", self.risk)):
            if not 0 < share < 1:
                raise InputError(f"{name} is a share between 0 and 1, such as {getattr(Aims, name):g}, not {share:g}")


class _Known(NamedTuple):
    """Answers by one subset of modalities, and the data sets they are from."""

    sample: Sample
    names: list[str]
    subset: Subset
    composite: bool


def calibrate(
    bundle: Bundle,
    recipe: Recipe,
    corpus: Corpus,
    aims: Aims | None = None,
    more: Path | None = None,
    out: Path | None = None,
) -> Work[Bundle]:
    """Fit calibration, label sets and thresholds of every subset of modalities on the validation sets of a recipe.

    Nothing is trained. The test sets are read too, for the figures on the card; nothing is chosen on them. What other data
    than the bundle's own say nothing of, such as modalities that they lack, stays as it is.

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
    if not found["tasks"]:
        raise InputError(
            f"fewer than {_FEWEST} validation examples of '{recipe.name}' have one right label, too few to calibrate on; "
            "give more, or hold out more speakers"
        )
    return entrusted(bundle, found) if out is None else apart(bundle, recipe.name, found, others, out)


def fit(bundle: Bundle, corpus: Corpus, aims: Aims | None = None, more: Path | None = None) -> Work[dict[str, Any]]:
    """The part ``trust`` of a ``bundle.json``, see ``calibrate``.

    What fewer than 30 validation examples are known of is left out: then a bundle answers as its graphs do. So are tasks that
    validation data have no labels for.
    """
    aims = aims or Aims()
    found: dict[str, Any] = {"coverage": aims.coverage, "risk": aims.risk, "tasks": {}, "guards": [], "measured": []}
    tasks = [t for t in bundle.tasks if t.kind == "single"]
    if not tasks:
        return found
    sets: dict[str, list[ExampleSet]] = {}
    for split in ("valid", "test"):
        sets[split] = yield from example_sets(corpus, split, bundle.encoders, bundle.tables, bundle.populations)
    for task in tasks:
        valid = yield from _readings(bundle, sets["valid"], task)
        entries = _entries(bundle, valid, task, aims, more)
        if not entries:
            continue
        if not found["tasks"]:
            found["guards"] = yield from guards_of(bundle, corpus, task, valid, entries)
        found["tasks"][task.name] = entries
        test = yield from _readings(bundle, sets["test"], task)
        found["measured"] += measured(test, task, entries)
    return found


def _entries(
    bundle: Bundle, valid: Sequence[Reading], task: Task, aims: Aims, more: Path | None
) -> dict[str, dict[str, Any]]:
    """{name of a subset: its entry}, of those that enough is known of."""
    redundancy = float(bundle.entries["fusion"].get("redundancy", 0.0))
    entries: dict[str, dict[str, Any]] = {}
    for s in subsets_of(bundle.modalities):
        known = _known(bundle, valid, s, task, more)
        if known is not None and len(known.sample) >= _FEWEST:
            entry = _entry(bundle, known, aims, redundancy)
            entries[subset_name(s)] = _careful(entry, [entries[m] for m in s if m in entries])
    return entries


def _readings(bundle: Bundle, sets: Sequence[ExampleSet], task: Task) -> Work[list[Reading]]:
    readings = []
    for done, part in enumerate(sets, start=1):
        readings.append(read_set(bundle, part, task))
        yield Progress("calibrate", f"{part.split} {task.name}", done, len(sets))
    return readings


def _known(bundle: Bundle, readings: Sequence[Reading], subset: Subset, task: Task, more: Path | None) -> _Known | None:
    """All answers by a subset whose truth is known: on sets whose examples have it, or else on composites."""
    real = [r for r in readings if subset in r.samples]
    if not real:
        sample = composites(bundle, readings, subset, task)
        names = [r.name for r in readings if subset & set(r.kept)]
        return None if sample is None else _Known(sample, names, subset, composite=True)
    sample, names = joined([r.samples[subset] for r in real]), [f"{r.name} valid" for r in real]
    if more is not None:
        further, of, sets = load(more)
        if of == subset:
            # Every data set counts the same in either part, and both parts do.
            sample, names = joined([sample, further]), [*names, *sets]
    return _Known(sample, names, subset, composite=False)


def _entry(bundle: Bundle, known: _Known, aims: Aims, redundancy: float) -> dict[str, Any]:
    """What goes into the bundle for one subset."""
    sample, subset = known.sample, known.subset
    conditions = {m: bundle.encoders[m].conditions for m in bundle.modalities if m in subset}
    # Whose examples a composite holds cannot be held out, so nothing is chosen on composites.
    fitted = fit_temperature(sample) if known.composite else fit_calibration(sample, conditions)
    # Composites are independent given their label; of one real person the modalities repeat one another.
    excess = 1 + redundancy * (len(subset) - 1) if known.composite else 1.0
    calibration = replace(fitted.calibration, scale=fitted.calibration.scale / excess)
    calibration = Calibration.from_table(calibration.as_table())
    calibrated = sample.by(calibration)
    return {
        "data": known.names,
        "composite": known.composite,
        "n": len(sample),
        "speakers": len(set(sample.groups)) if "" not in sample.groups else None,
        "method": fitted.method,
        "nll": {name: round(loss, 4) for name, loss in fitted.losses.items()},
        "calibration": calibration.as_table(),
        "label_sets": fit_label_sets(calibrated, aims.coverage, aims.by_label).as_table(),
        "uncertain": {"risk": aims.risk, "below": round(max(HALF, fit_threshold(calibrated, aims.risk)), 4)},
    }


def _careful(entry: dict[str, Any], parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Of composites: sets no smaller, and a threshold no lower, than the most careful of the modalities alone.

    Real moments are not as clear as composites of three clear examples.
    """
    if not entry["composite"]:
        return entry
    below = max(e["uncertain"]["below"] for e in (entry, *parts))
    sets = entry["label_sets"]
    same = [e["label_sets"]["quantiles"] for e in (entry, *parts) if e["label_sets"]["rule"] == sets["rule"]]
    widest = [max(column) for column in zip(*same, strict=True)]
    return {
        **entry,
        "uncertain": {**entry["uncertain"], "below": below},
        "label_sets": {**sets, "quantiles": widest},
    }


def measured(readings: Sequence[Reading], task: Task, entries: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Figures on the test sets, one row per set and subset of modalities that its examples have; then all sets of a subset."""
    rows, parts = [], defaultdict[Subset, list[Sample]](list)
    for reading in readings:
        for subset, sample in reading.samples.items():
            if subset_name(subset) in entries:
                parts[subset].append(sample)
                rows.append({"set": reading.name, **_row(sample, subset, task, entries)})
    return rows + [{"set": ALL, **_row(joined(p), s, task, entries)} for s, p in parts.items() if len(p) > 1]


def _row(sample: Sample, subset: Subset, task: Task, entries: Mapping[str, Any]) -> dict[str, Any]:
    name = subset_name(subset)
    judgement = Judgement.from_table(entries[name])
    before = measure(sample, Judgement(judgement.calibration))
    return {
        "task": task.name,
        "modality": name,
        "before": before,
        **measure(sample.by(judgement.calibration), judgement),
    }
