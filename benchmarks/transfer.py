"""Measures what a recipe is worth on a data set that it never learned from, and what knowing the person adds.

    python benchmarks/transfer.py voice-research
    python benchmarks/transfer.py voice-research --plain --out voice.npz

Every data set of the recipe is left out once: the recipe is trained on the training splits of the others, and answers for all
clips of the set that was left out. The table holds UAR over the labels that both sides have. Its columns say what was known of
the person besides the clip itself: nothing; 8 or 24 clips of the person, with any labels; 24 clips, mostly neutral; 5 or 20
clips with the same label as the present one, as of somebody who is angry from beginning to end; 20 with one other label; 16
clips of another person, taken for this one. `--plain` shows beside it the same recipe without a person baseline and balance,
as it was before. `--out` keeps the answers with nothing known, for `benchmarks/pool.py` and `mien calibrate --more`.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from mien.data.corpus import Corpus
from mien.data.sets import ExampleSet, example_sets
from mien.data.shards.paths import data_root
from mien.events import finish
from mien.metrics.uar import uar
from mien.model.batch import collate
from mien.person import Usual
from mien.recipe.recipe import Recipe, load
from mien.training.loop import train
from mien.training.result import Run
from mien.trust.sample import Sample, joined, save
from mien.types import Float32, Modality

KNOWN = ("nothing", "any 8", "any 24", "mostly neutral 24", "same 5", "same 20", "other 20", "stranger 16")
_CLIPS = 700  # of each set, drawn at random, for the columns with histories
_BATCH = 256


def plain(recipe: Recipe) -> Recipe:
    """The recipe without a person baseline, balance of sets and logit adjustment."""
    encoders = {m: replace(table, baseline="") for m, table in recipe.encoders.items()}
    return replace(
        recipe,
        name=f"{recipe.name}-plain",
        encoders=encoders,
        losses={},
        train=replace(recipe.train, balance=0.0),
    )


def without(recipe: Recipe, left: str) -> Recipe:
    """The recipe without one data set."""
    return replace(recipe, name=f"{recipe.name}-without-{left}", data=tuple(d for d in recipe.data if d.name != left))


class Held:
    """The clips of the set that was left out: rows before any baseline, labels and people."""

    def __init__(self, run: Run, recipe: Recipe, left: str, modality: Modality, root: Path) -> None:
        source = replace(next(d for d in recipe.data if d.name == left), degrade=("",))
        corpus = Corpus.of(replace(recipe, data=(source,)), root)
        self.run, self.modality = run, modality
        self.sets: list[ExampleSet] = []
        for split in ("train", "valid", "test"):
            self.sets += finish(example_sets(corpus, split, run.readers, recipe.encoders))
        places = [(part, i) for part in self.sets for i in range(len(part))]
        self.tracks = [part.tracks(i)[modality] for part, i in places]
        self.examples = [part.examples[i] for part, i in places]
        population = run.populations.get(modality)
        self.strength = None if population is None else population.strength
        self.rows = [t.values if population is None else population.standardise(t.values) for t in self.tracks]
        self.labels = np.concatenate([part.labels() for part in self.sets])
        self.people = np.asarray([e.group or "" for e in self.examples])

    def answers(self, chosen: NDArray[np.int64], known: list[NDArray[np.int64]]) -> Float32:
        """Probabilities (N, L) of the chosen clips, where the clips ``known[i]`` are known of the person."""
        quality = {self.modality: len(self.run.encoders[self.modality].quality_names)}
        found = []
        for start in range(0, len(chosen), _BATCH):
            rows = range(start, min(start + _BATCH, len(chosen)))
            tracks = [
                {self.modality: replace(self.tracks[chosen[r]], values=self._values(int(chosen[r]), known[r]))}
                for r in rows
            ]
            batch = collate(tracks, {}, quality)
            with torch.no_grad():
                logits = self.run.model(batch).logits[self.run.model.tasks[0].name]
            found.append(logits.softmax(dim=-1).numpy())
        return np.concatenate(found)

    def _values(self, index: int, known: NDArray[np.int64]) -> Float32:
        if self.strength is None:
            return self.rows[index]
        usual = Usual(self.strength)
        for clip in known:
            usual.observe(self.rows[clip])
        return usual.normalise(self.rows[index])

    def history(self, index: int, kind: str, rng: np.random.Generator) -> NDArray[np.int64]:
        """Clips that are known besides this one, and this one; see the docstring of the file."""
        name, _, count = kind.rpartition(" ")
        own, labels = np.flatnonzero(self.people == self.people[index]), self.labels
        if kind == "nothing" or not self.people[index]:
            return own[:0]
        if name == "stranger":
            others = np.unique(self.people[self.people != self.people[index]])
            own = np.flatnonzero(self.people == rng.choice(others)) if len(others) else own[:0]
            return _some(own, int(count), rng)
        if name == "same":
            own = own[labels[own] == labels[index]]
        elif name == "other":
            names = np.unique(labels[own][labels[own] != labels[index]])
            own = own[labels[own] == rng.choice(names)] if len(names) else own[:0]
        elif name == "mostly neutral":
            neutral = _some(own[labels[own] == 0], round(int(count) * rng.uniform(0.4, 0.9)), rng)
            own = np.concatenate([neutral, _some(own, int(count) - len(neutral), rng)])
        return np.unique(np.append(_some(own, int(count) - 1, rng), index))


def _some(clips: NDArray[np.int64], count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    return rng.choice(clips, min(count, len(clips)), replace=False) if len(clips) and count > 0 else clips[:0]


def measured(recipe: Recipe, left: str, root: Path, seed: int) -> tuple[Mapping[str, float], Sample]:
    """UAR by what is known, and the answers about all clips with nothing known."""
    (modality,) = recipe.encoders
    with tempfile.TemporaryDirectory() as runs:
        rest = replace(without(recipe, left), seed=seed)
        run = finish(train(rest, Corpus.of(rest, root), Path(runs)))
        held = Held(run, recipe, left, modality, root)
        taught = np.unique(np.concatenate([part.labels() for part in run.train]))
    clear = np.flatnonzero(np.isin(held.labels, taught[taught >= 0]))
    nothing = held.answers(clear, [clear[:0]] * len(clear))
    targets = np.eye(nothing.shape[1], dtype=np.float32)[held.labels[clear]]
    measures = {modality: _measures(run, held, modality, clear)}
    sample = Sample.of(nothing, targets, held.people[clear].tolist(), measures)
    table = {"nothing": uar(nothing, targets)}
    some = np.random.default_rng(5).permutation(clear)[:_CLIPS]
    for kind in KNOWN[1:] if held.strength is not None else ():
        rng = np.random.default_rng(seed)
        scores = held.answers(some, [held.history(int(i), kind, rng) for i in some])
        table[kind] = uar(scores, np.eye(scores.shape[1], dtype=np.float32)[held.labels[some]])
    return table, sample


def _measures(run: Run, held: Held, modality: Modality, clips: NDArray[np.int64]) -> dict[str, Float32]:
    found = [run.readers[modality].measures(held.tracks[i]) for i in clips]
    return {name: np.asarray([row[name] for row in found], np.float32) for name in found[0]}


def main() -> None:
    """Print the table, and write the answers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", help="a recipe with one modality and at least two data sets")
    parser.add_argument("--plain", action="store_true", help="show the recipe without baseline and balance, too")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--out", type=Path, help="an .npz for the answers")
    parser.add_argument("--data-root", type=Path)
    args = parser.parse_args()
    recipe, root = load(args.recipe), data_root(args.data_root)
    names = [source.name for source in recipe.data]
    kept = []
    print("| recipe | left out | " + " | ".join(KNOWN) + " |\n|" + "---|" * (len(KNOWN) + 2))
    for kind in (recipe, *([plain(recipe)] if args.plain else [])):
        rows = {}
        for left in names:
            found = [measured(kind, left, root, seed) for seed in args.seeds]
            rows[left] = {k: [table[k] for table, _ in found] for k in found[0][0]}
            _show(kind.name, left, rows[left])
            if kind is recipe:
                kept.append(found[0][1])
        _show(kind.name, "mean", {k: list(np.mean([r[k] for r in rows.values()], axis=0)) for k in rows[names[0]]})
    if args.out:
        (modality,) = recipe.encoders
        args.out.write_bytes(save(joined(kept), [modality], [f"{name}, left out" for name in names]))


def _show(recipe: str, left: str, table: Mapping[str, list[float]]) -> None:
    cells = [f"{np.mean(table[k]):.3f} ± {np.std(table[k]):.3f}" if k in table else "" for k in KNOWN]
    print(f"| {recipe} | {left} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
