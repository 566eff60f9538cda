"""How often a rule "de-escalate when somebody is angry, and that is sure" would fire rightly, on words alone.

The turns are the test part of `meld_text`: 2,610 lines of 280 television dialogues, each with the label of those who made the
set. The rule fires where "angry" is the most probable label and has at least the probability of the threshold. A line of
several sentences counts as their mean. Precision is the share of firings on turns labelled as angry, recall the share of those
turns on which it fires. The intervals (95 %) are from resampling whole dialogues.

    python -m benchmarks.deescalate --bundle research --prior even

The bundle `research` has learned from other dialogues of the same series. `open` has not, but its probabilities were
calibrated in part on MELD's validation part.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien import Analyzer
from mien.data.shards.paths import data_root
from mien.metrics.base import Sums
from mien.metrics.statistics.intervals import interval

THRESHOLDS = (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def lines(root: Path) -> list[dict[str, str]]:
    """The lines of the test part, in order."""
    with (root / "meld_text" / "manifest.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["split"] == "test"]


def fired(scores: NDArray[np.float64], best: NDArray[np.bool_], threshold: float) -> NDArray[np.bool_]:
    """Whether the rule fires, bool (N,), from the probability of "angry" (N,), and whether that is the best label (N,)."""
    return np.asarray(best & (scores >= threshold), np.bool_)


def share(sums: Sums) -> NDArray[np.float64]:
    """The first sum divided by the second."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(sums[..., 0] / sums[..., 1])


def told(top: NDArray[np.bool_], of: NDArray[np.bool_], dialogues: list[str]) -> str:
    """A share with its interval."""
    sums = np.stack([top & of, of], -1).astype(np.float64)
    if not of.any():
        return "none"
    reach = interval(share, [sums], dialogues)
    between = "" if reach is None else f" ({reach[0]:.2f} to {reach[1]:.2f})"
    return f"{share(sums.sum(0)):.2f}{between}"


def main() -> None:
    """Print a row for each threshold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", default="research")
    parser.add_argument("--prior", default="even")
    parser.add_argument("--data-root", type=Path)
    args = parser.parse_args()
    analyzer = Analyzer(args.bundle, prior=args.prior)
    found = lines(data_root(args.data_root))
    timelines = [analyzer.analyze(text=line["text"]) for line in found]
    scores = np.asarray([t.scores["angry"] if t.scores else 0.0 for t in timelines])
    best = np.asarray([t.label == "angry" for t in timelines])
    angry = np.asarray([line["label"] == "anger" for line in found])
    dialogues = [line["dialogue"] for line in found]
    print(
        f"{args.bundle}, prior {args.prior}: {len(found):,} turns of {len(set(dialogues))} dialogues, {angry.sum()} angry"
    )
    print("| threshold | fires on | share of turns | precision | recall |")
    print("|---|---|---|---|---|")
    for threshold in THRESHOLDS:
        fires = fired(scores, best, threshold)
        rest = f"{told(angry, fires, dialogues)} | {told(fires, angry, dialogues)}"
        print(f"| {threshold:.1f} | {fires.sum():,} | {fires.mean():.1%} | {rest} |")
    labels = Counter(line["label"] for line, fires in zip(found, fired(scores, best, 0.5), strict=True) if fires)
    print("Labels of the turns on which it fires at 0.5:", ", ".join(f"{name} {n}" for name, n in labels.most_common()))


if __name__ == "__main__":
    main()
