"""Measures how much of a person must be known before a person baseline helps, also when they show only one emotion.

    python benchmarks/baseline.py

The data are RAVDESS, voice and face, in five folds by actor, with the recipe `ravdess`. The models are trained with the
baseline of all clips of an actor. They are tested on new actors, of whom only some clips are known, as in analysis: either
those up to the present one, in random order, or seven more that express the same emotion, as for somebody who is sad from
beginning to end. A model without a baseline is shown too. The table holds accuracy, mean and deviation over seeds.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from mien.data.corpus import Corpus
from mien.data.manifest import data_root
from mien.data.sets import ExampleSet, example_sets
from mien.events import finish
from mien.model.batch import collate
from mien.person import Baseline, Population
from mien.recipe.recipe import Recipe, load
from mien.study.trial import folds_of, in_fold
from mien.training.loop import train
from mien.training.result import Run
from mien.types import Modality, Track

_FROM = (1, 2, 3, 5, 9, 17, 33)  # places in the order of clips; a row of the table ends before the next
Tracks = list[dict[Modality, Track]]


def raw(run: Run) -> tuple[ExampleSet, Tracks]:
    """The test set, and its tracks before any baseline."""
    (part,) = finish(example_sets(run.corpus, "test", run.readers, run.recipe.encoders))
    return part, [part.tracks(i) for i in range(len(part))]


def right(run: Run, part: ExampleSet, tracks: Tracks) -> NDArray[np.bool_]:
    """Which answers are right, (N,)."""
    quality = {m: len(e.quality_names) for m, e in run.encoders.items()}
    batch = collate(tracks, part.examples, part.tasks, quality)
    with torch.no_grad():
        scores = run.model(batch).logits["emotion"].numpy()
    return np.asarray(scores.argmax(axis=1) == part.targets("emotion").argmax(axis=1))


def relative(populations: dict[Modality, Population], tracks: Tracks, known: Sequence[Iterable[int]]) -> Tracks:
    """Tracks relative to what the clips ``known[i]`` show of the person of clip i."""
    found = []
    for row, others in zip(tracks, known, strict=True):
        kept = dict(row)
        for m, population in populations.items():
            usual = Baseline(population.strength)
            for other in others:
                usual.observe(population.standardise(tracks[other][m].values))
            kept[m] = replace(row[m], values=usual.normalise(population.standardise(row[m].values)))
        found.append(kept)
    return found


def so_far(actors: NDArray[np.str_], rng: np.random.Generator) -> tuple[list[list[int]], NDArray[np.int64]]:
    """The clips up to each one, itself too, and its place, from 1, in a random order of its actor's clips."""
    known: list[list[int]] = [[] for _ in actors]
    place = np.zeros(len(actors), np.int64)
    for actor in np.unique(actors):
        order = rng.permutation(np.flatnonzero(actors == actor))
        for count, clip in enumerate(order, start=1):
            known[clip], place[clip] = list(map(int, order[:count])), count
    return known, place


def measured(recipe: Recipe, root: Path, runs: Path) -> dict[str, list[bool]]:
    """{line: which answers were right} of one seed, folds together."""
    with_one = replace(recipe, encoders={m: replace(t, baseline=True) for m, t in recipe.encoders.items()})
    lines: dict[str, list[bool]] = {}
    corpus = Corpus.of(recipe, root)
    for fold in range(folds_of(recipe)):
        home = runs / f"fold{fold}"
        plain, related = (
            finish(train(plan := in_fold(r, fold), corpus.in_folds(plan.data), home / w, resume=True))
            for w, r in (("no", recipe), ("yes", with_one))
        )
        part, own = raw(plain)
        without = right(plain, part, own)
        part, tracks = raw(related)
        actors = np.asarray([e.group or "" for e in part.examples])
        emotion = part.targets("emotion").argmax(axis=1)
        everything = [np.flatnonzero(actors == a) for a in actors]
        alike = [np.flatnonzero((actors == a) & (emotion == e)) for a, e in zip(actors, emotion, strict=True)]
        known, place = so_far(actors, np.random.default_rng(recipe.seed))
        chosen = {"no baseline": without}
        for name, clips in (("all clips of the actor", everything), ("clips of the same emotion alone", alike)):
            chosen[name] = right(related, part, relative(related.populations, tracks, clips))
        partly = right(related, part, relative(related.populations, tracks, known))
        chosen["the clips so far"] = partly
        for first, last in zip(_FROM, [*(n - 1 for n in _FROM[1:]), int(place.max())], strict=True):
            rows = (place >= first) & (place <= last)
            name = f"clip {first}" if first == last else f"clips {first} to {last}"
            chosen[f"the clips so far: {name}"] = partly[rows]
            chosen[f"no baseline, the same: {name}"] = without[rows]
        for name, answers in chosen.items():
            lines.setdefault(name, []).extend(answers)
    return lines


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--runs", type=Path, default=Path("runs/baseline"))
    parser.add_argument("--data-root", type=Path)
    args = parser.parse_args()
    root, recipe = data_root(args.data_root), load("ravdess")
    seeds = [measured(replace(recipe, seed=s), root, args.runs) for s in range(args.seeds)]
    print("| what is known of the person | accuracy | n |\n|---|---|---|")
    for name in seeds[0]:
        values = [np.mean(lines[name]) for lines in seeds]
        print(f"| {name} | {np.mean(values):.3f} ± {np.std(values, ddof=1):.3f} | {len(seeds[0][name])} |")


if __name__ == "__main__":
    main()
