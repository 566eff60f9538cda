"""Measures how far the probabilities of a bundle hold on data sets that a part never learned from.

    python benchmarks/calibrated.py research voice.npz face.npz

Each file holds answers of one part out of corpus (`benchmarks/transfer.py --out`). They are put through the pool's temperature
and the calibration of the bundle, as its own answers are. Of files that the bundle was fitted on, they are no blind test.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from mien.bundle.bundle import Bundle
from mien.calibration.channels import Channels
from mien.metrics.ece import ece
from mien.trust.judgement import subset_name
from mien.trust.sample import load


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle")
    parser.add_argument("answers", type=Path, nargs="+", help="files of answers, each from one modality")
    args = parser.parse_args()
    bundle = Bundle.load(args.bundle)
    channels, task = Channels.of(bundle), bundle.tasks[0]
    print("| answers | n | ECE | mean confidence | right | covered |\n|---|---|---|---|---|---|")
    for path in args.answers:
        sample, subset, _ = load(path)
        judgement = bundle.trust.of(task.name, subset)
        if judgement is None or judgement.sets is None:
            continue
        cooled = sample if channels is None else channels.cooled(sample, subset)
        scores = judgement.calibration.apply(cooled.scores, cooled.measures)
        truth = sample.targets.argmax(axis=1)
        covered = judgement.sets.members(scores)[np.arange(len(truth)), truth].mean()
        right = (scores.argmax(axis=1) == truth).mean()
        cells = (ece(scores, sample.targets), scores.max(axis=1).mean(), right, covered)
        print(
            f"| {subset_name(subset)}, {path.stem} | {len(truth):,} | " + " | ".join(f"{c:.3f}" for c in cells) + " |"
        )


if __name__ == "__main__":
    main()
