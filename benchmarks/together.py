"""Measures whether words, voice and face together are worth more than each alone, on data that no part learned from.

    python benchmarks/together.py --text text.npz --voice voice.npz --face face.npz

The files hold answers out of corpus: each part was trained without the data set that it answers for (`benchmarks/transfer.py
--out`, `benchmarks/words.py --out`). Three things are measured:

- *temperature* of each part: what its log probabilities are divided by, so that they fit best where it never learned;
- *expressed*: how often a modality shows what the person expresses. For voice and face it is counted in CREMA-D, where people
  judged 7,442 clips by the voice alone, by the face alone, and by both: the share of clips of a label other than neutral whose
  voice (or face) alone was given that label, among those where it was given it or neutral. For words it is fitted on MELD by
  likelihood, where people labelled the utterance from words, voice and picture;
- *composites*: for a label that a person expresses, each modality shows it with its probability, and is neutral else; then a
  real answer about a clip with the shown label is drawn. The pool of the bundles (`channel`) joins them. The table has UAR of
  every subset of the modalities, also when one of the inputs is about somebody else.

A larger subset should be at least as good as each smaller one, within one standard error.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from mien.bundle.answer import subsets_of
from mien.data.shards.paths import data_root
from mien.fusion.channel import ChannelPool
from mien.metrics.ece import ece
from mien.metrics.uar import uar
from mien.trust.calibration import softened
from mien.trust.judgement import subset_name
from mien.trust.sample import Sample, load
from mien.types import EMOTION, MODALITIES, Float32, Modality

_TEMPERATURES = np.exp(np.linspace(np.log(0.5), np.log(6.0), 60))
_SHARES = np.linspace(0.05, 1.0, 39)
_LABELS = {"N": "neutral", "H": "happy", "S": "sad", "A": "angry", "F": "fearful", "D": "disgusted"}
_NEUTRAL = EMOTION.labels.index("neutral")
_COUNT, _DRAWS = 3000, 200


class Fit(NamedTuple):
    """What was fitted for a modality."""

    temperature: float
    expressed: float


def temperature_of(sample: Sample) -> float:
    """The temperature with the smallest loss, where every label counts the same."""
    truth = sample.targets.argmax(axis=1)
    weights = 1.0 / np.bincount(truth, minlength=sample.targets.shape[1])[truth]

    def loss(temperature: float) -> float:
        found = softened(sample.scores, temperature)[np.arange(len(truth)), truth]
        return float((weights * -np.log(np.maximum(found, 1e-8))).sum())

    return float(min(_TEMPERATURES, key=loss))


def seen_and_heard(root: Path) -> dict[Modality, float]:
    """``expressed`` of voice and face in CREMA-D; the mean over the labels other than neutral."""
    with gzip.open(root / "cremad_labels/summaryTable.csv.gz", "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found: dict[Modality, float] = {}
    columns: tuple[tuple[Modality, str], ...] = (("voice", "VoiceVote"), ("face", "FaceVote"))
    for modality, column in columns:
        shares = []
        for letter in _LABELS:
            own = [row[column] for row in rows if row["MultiModalVote"] == letter]
            if letter != "N":
                shares.append(own.count(letter) / (own.count(letter) + own.count("N")))
        found[modality] = float(np.mean(shares))
    return found


def said(sample: Sample, temperature: float) -> float:
    """``expressed`` of words: the share with the largest likelihood of labels that were given from words, voice and picture."""
    truth = sample.targets.argmax(axis=1)
    likelihood = softened(sample.scores, temperature)
    silent = 0.9 * likelihood[:, _NEUTRAL] + 0.1 * likelihood.mean(axis=1)
    own = likelihood[np.arange(len(truth)), truth]
    weights = 1.0 / np.bincount(truth, minlength=likelihood.shape[1])[truth] * (truth != _NEUTRAL)

    def loss(share: float) -> float:
        return float((weights * -np.log(np.maximum(share * own + (1 - share) * silent, 1e-8))).sum())

    return float(min(_SHARES, key=loss))


class Composites:
    """Composites of out-of-corpus answers."""

    def __init__(self, samples: Mapping[Modality, Sample], fits: Mapping[Modality, Fit], redundancy: float) -> None:
        self.samples, self.fits = samples, fits
        size = EMOTION.size
        self.pool = ChannelPool(
            dict.fromkeys(samples, size),
            dict.fromkeys(samples, 1),
            (EMOTION,),
            redundancy,
            expressed={m: f.expressed for m, f in fits.items()},
            temperature={m: f.temperature for m, f in fits.items()},
        ).eval()
        for m in samples:
            opinion = self.pool.opinion(m, EMOTION)
            with torch.no_grad():
                opinion.linear.weight.copy_(torch.eye(size))
                opinion.linear.bias.zero_()

    def drawn(
        self, rng: np.random.Generator, corrupted: Modality | None
    ) -> tuple[NDArray[np.int64], dict[Modality, Float32]]:
        """Labels (N,), and an answer (N, L) of every modality. The corrupted one is about a random label."""
        labels = rng.integers(0, EMOTION.size, _COUNT)
        found: dict[Modality, Float32] = {}
        for m, sample in self.samples.items():
            shown = np.where(rng.random(_COUNT) < self.fits[m].expressed, labels, _NEUTRAL)
            if m == corrupted:
                shown = rng.integers(0, EMOTION.size, _COUNT)
            truth = sample.targets.argmax(axis=1)
            rows = [
                rng.choice(np.flatnonzero(truth == k)) if (truth == k).any() else rng.integers(len(truth))
                for k in shown
            ]
            found[m] = sample.scores[rows]
        return labels, found

    def together(self, answers: Mapping[Modality, Float32], subset: frozenset[Modality]) -> Float32:
        """The pool's probabilities (N, L) from a subset of the modalities."""
        count = _COUNT
        logs, masks = [], []
        for m in self.samples:
            logs.append(torch.from_numpy(np.log(np.maximum(answers[m], 1e-8))).unsqueeze(1))
            masks.append(torch.full((count, 1), m in subset))
        blank = [torch.zeros(count, 1) for _ in self.samples]
        with torch.no_grad():
            found: Float32 = self.pool(logs, masks, blank, blank).vector.softmax(dim=-1).numpy()
        return found


def standard_error(scores: Float32, targets: Float32, rng: np.random.Generator) -> float:
    """Standard error of the UAR by the bootstrap."""
    rows = [rng.integers(0, len(scores), len(scores)) for _ in range(_DRAWS)]
    return float(np.std([uar(scores[r], targets[r]) for r in rows]))


def unbacked(answers: Mapping[Modality, Float32], scores: Float32, subset: frozenset[Modality]) -> float:
    """Share of answers whose label is among the first two of no modality."""
    top = np.stack([np.argsort(-answers[m], axis=1)[:, :2] for m in subset], axis=1).reshape(len(scores), -1)
    return float((top != scores.argmax(axis=1)[:, None]).all(axis=1).mean())


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for m in MODALITIES:
        parser.add_argument(f"--{m}", type=Path)
    parser.add_argument("--meld", type=Path, help="answers about MELD dev by words that were trained without MELD")
    parser.add_argument("--redundancy", type=float, default=0.05)
    parser.add_argument("--data-root", type=Path)
    args = parser.parse_args()
    root = data_root(args.data_root)
    samples = {m: load(path)[0] for m in MODALITIES if (path := getattr(args, m)) is not None}
    shown = seen_and_heard(root)
    temperature = {m: temperature_of(s) for m, s in samples.items()}
    if args.meld is not None:
        shown["text"] = said(load(args.meld)[0], temperature["text"])
    fits = {m: Fit(temperature[m], shown.get(m, 0.5)) for m in samples}
    print(json.dumps({m: {k: round(v, 2) for k, v in f._asdict().items()} for m, f in fits.items()}))
    composites = Composites(samples, fits, args.redundancy)
    names: Sequence[Modality | None] = (None, *samples)
    print(
        "| subset | "
        + " | ".join("clean" if c is None else f"{c} of somebody else" for c in names)
        + " | ECE | unbacked |"
    )
    print("|---" * (len(names) + 3) + "|")
    rng = np.random.default_rng(0)
    draws = {c: composites.drawn(rng, c) for c in names}
    for subset in subsets_of(samples):
        cells, extra = [], ""
        for c in names:
            labels, answers = draws[c]
            targets = np.eye(EMOTION.size, dtype=np.float32)[labels]
            scores = composites.together(answers, subset)
            cells.append(f"{uar(scores, targets):.3f} ± {standard_error(scores, targets, rng):.3f}")
            if c is None:
                extra = f"{ece(scores, targets):.3f} | {unbacked(answers, scores, subset):.3f}"
        print(f"| {subset_name(subset)} | " + " | ".join(cells) + f" | {extra} |", flush=True)


if __name__ == "__main__":
    main()
