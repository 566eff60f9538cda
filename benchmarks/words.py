"""Measures what the words of a bundle are worth on each set of the recipe `text-research`.

    python benchmarks/words.py BUNDLE [--split test] [--save FOLDER]

The answers are those of the bundle's graphs from the words alone, before calibration. Labels that a set does not have are left
out. *as it is*: as the bundle answers. *own shares*: with the label shares of the set's training split put in. Answers within
one set are usually measured so; it makes sense where the bundle's own answers favour no label. Sets that the bundle did not
learn from show how it transfers.

``--save`` writes ``<set>_<split>.npz`` for each set: logp (N, 7) in the order of the seven labels, y (N,) the first label with
the largest target, targets (N, 7), speaker (N,) or "", id (N,).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.bundle.bundle import Bundle
from mien.bundle.encoded import EncodedTracks
from mien.data.corpus import Corpus
from mien.data.sets import ExampleSet, example_sets
from mien.data.shards.paths import data_root
from mien.events import finish
from mien.metrics.base import metrics_of
from mien.recipe.recipe import load
from mien.types import EMOTION, Float32

_BATCH = 32
_METRICS = ("accuracy", "uar", "macro_f1", "weighted_f1")


def log_posteriors(bundle: Bundle, part: ExampleSet) -> Float32:
    """Logs of the uncalibrated answers from the words, (N, 7)."""
    found = np.zeros((len(part), EMOTION.size), np.float32)
    for rows in part.order(_BATCH, None):
        encoded: EncodedTracks = bundle.encode("text", [part.tracks(int(i))["text"] for i in rows])
        found[rows] = np.log(np.maximum(bundle.pool({"text": encoded}).scores[EMOTION.name], 1e-9))
    return found


def line(logs: Float32, targets: Float32, shares: NDArray[np.float64]) -> str:
    """Cells of a set: n, and each metric as it is and with own shares."""
    known = shares > 0
    metrics = metrics_of(EMOTION)
    cells = [str(len(logs))]
    for own in (np.zeros_like(shares), np.log(np.maximum(shares, 1e-9))):
        scores = np.where(known, logs + own, -np.inf).astype(np.float32)
        cells += [f"{metrics[name](np.exp(scores), targets):.3f}" for name in _METRICS]
    return " | ".join(cells)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", help="research, open, or a folder")
    parser.add_argument("--split", default="test")
    parser.add_argument("--save", type=Path)
    parser.add_argument("--data-root", type=Path)
    args = parser.parse_args()
    bundle = Bundle.load(args.bundle)
    corpus = Corpus.of(load("text-research"), data_root(args.data_root))
    taught = {s.name: np.mean([e.targets["emotion"] for e in rows], axis=0) for s, rows in corpus.split("train")}
    alone, tables = {"text": bundle.encoders["text"]}, {"text": bundle.tables["text"]}
    names = " | ".join(f"{name}, {how}" for how in ("as it is", "own shares") for name in _METRICS)
    print(f"| {bundle.table.name}: {args.split} | n | {names} |\n|---|{'---|' * (2 * len(_METRICS) + 1)}")
    for part in finish(example_sets(corpus, args.split, alone, tables)):  # type: ignore[arg-type]  # text is a modality
        logs, targets = log_posteriors(bundle, part), part.targets("emotion")
        print(f"| {part.name} | {line(logs, targets, taught[part.name])} |", flush=True)
        if args.save:
            args.save.mkdir(parents=True, exist_ok=True)
            np.savez(
                args.save / f"{part.name}_{args.split}.npz",
                logp=logs,
                y=targets.argmax(axis=1),
                targets=targets,
                speaker=[e.group or "" for e in part.examples],
                id=[e.clip.id for e in part.examples],
            )


if __name__ == "__main__":
    main()
