"""Keeps the answers of a bundle about data sets that it never learned from.

    python benchmarks/answers.py runs/text-open/seed0/bundle text-research --split valid --out text-open.npz
    python benchmarks/answers.py runs/face/seed0/bundle benchmarks/facial_expressions.toml --most 400 --out face.npz

The bundle has one modality. The data sets are those of the recipe, without the ones that the bundle learned from. It prints the
UAR of each, and writes the answers before calibration for `benchmarks/together.py` and `mien calibrate --more`.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.bundle.bundle import Bundle
from mien.data.corpus import Corpus
from mien.data.sets import ExampleSet, example_sets
from mien.data.shards.paths import data_root
from mien.events import finish
from mien.metrics.uar import uar
from mien.recipe.recipe import load
from mien.trust.sample import Sample, joined, save
from mien.types import EMOTION, Float32, Modality

_BATCH = 32


def chosen(part: ExampleSet, most: int) -> NDArray[np.int64]:
    """The labelled examples, at most so many of each label, drawn at random; 0 for all."""
    labels, rng = part.labels(), np.random.default_rng(0)
    rows = [rng.permutation(np.flatnonzero(labels == k)) for k in range(EMOTION.size)]
    return np.concatenate([r[:most] if most else r for r in rows])


def answers(bundle: Bundle, part: ExampleSet, modality: Modality, rows: NDArray[np.int64]) -> Float32:
    """Probabilities (N, L) before calibration."""
    found = []
    for start in range(0, len(rows), _BATCH):
        tracks = [part.tracks(int(i))[modality] for i in rows[start : start + _BATCH]]
        found.append(bundle.pool({modality: bundle.encode(modality, tracks)}).scores[EMOTION.name])
    return np.concatenate(found)


def main() -> None:
    """Print the figures, and write the answers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", help="a bundle of one modality, such as that of a run")
    parser.add_argument("recipe", help="a recipe with the data sets")
    parser.add_argument("--split", default="test")
    parser.add_argument("--most", type=int, default=0, help="examples of each label of a set")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--data-root", type=Path)
    args = parser.parse_args()
    bundle = Bundle.load(args.bundle)
    (modality,) = bundle.modalities
    taught = {source.name for source in bundle.recipe.data}
    recipe = load(args.recipe)
    recipe = replace(recipe, data=tuple(s for s in recipe.data if s.name not in taught))
    corpus = Corpus(recipe.data, bundle.tasks, data_root(args.data_root))
    kept, names = [], []
    for part in finish(example_sets(corpus, args.split, bundle.encoders, bundle.tables, dict(bundle.populations))):
        rows = chosen(part, args.most)
        scores = answers(bundle, part, modality, rows)
        targets = np.eye(EMOTION.size, dtype=np.float32)[part.labels()[rows]]
        print(f"{part.name} {args.split}: n {len(rows):,}, UAR {uar(scores, targets):.3f}", flush=True)
        kept.append(Sample.of(scores, targets, None, {modality: {}}))
        names.append(f"{part.name} {args.split}, out of corpus")
    args.out.write_bytes(save(joined(kept), [modality], names))


if __name__ == "__main__":
    main()
