"""Measures how much modalities repeat one another: the redundancy of the fusion `late` on real paired data.

    python benchmarks/pool.py

Three sets hold votes or features of several modalities for the same moments:

- CREMA-D: what people perceived in the voice alone, in the face alone, and in both together (7,442 clips). The posterior of
  each modality is counted from the votes on other actors; the target is the vote on both together.
- RAVDESS: mien's voice tracks and OpenFace action units; the target is the acted emotion.
- MELD dev: RoBERTa text, wav2vec 2.0 voice and action units; the target is the annotated emotion.

Every posterior is made without the person (CREMA-D, RAVDESS) or dialogue (MELD) on which it is used. The redundancy is fitted
by likelihood on all folds but one, and tested on that one. The last line gives the value for `redundancy` in the recipes.
"""

from __future__ import annotations

import argparse
import csv
import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mien.data.shards.paths import data_root
from mien.encoders.voice_whisper import STATES
from mien.fusion.late import discount
from mien.networks.pooled import utterance_statistics

Array = NDArray[np.float64]
_FOLDS = 5


@dataclass(frozen=True)
class Paired:
    """Posteriors of several modalities on the same items: {modality: (N, L)}, truth (N,), groups (N,)."""

    name: str
    posteriors: dict[str, Array]
    truth: NDArray[np.int64]
    groups: NDArray[np.str_]


def pool(parts: Sequence[Array], prior: Array, redundancy: float) -> Array:
    """The late pool on given posteriors, trust 1 for all: (N, L)."""
    c = float(discount(torch.tensor(len(parts)), redundancy))
    logs = np.log(prior) + c * sum(np.log(p) - np.log(prior) for p in parts)
    odds = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))


def loss(p: Array, truth: NDArray[np.int64]) -> float:
    """Mean negative log likelihood."""
    return float(-np.log(np.clip(p[np.arange(len(truth)), truth], 1e-9, None)).mean())


def uar(p: Array, truth: NDArray[np.int64]) -> float:
    """Unweighted average recall."""
    return float(np.mean([(p[truth == k].argmax(axis=1) == k).mean() for k in np.unique(truth)]))


def fit(data: Paired, rows: NDArray[np.int64]) -> float:
    """The redundancy with the highest likelihood on some rows."""
    parts, truth = [p[rows] for p in data.posteriors.values()], data.truth[rows]
    prior = _prior(data, rows)
    found = minimize_scalar(lambda r: loss(pool(parts, prior, r), truth), bounds=(0.0, 3.0), method="bounded")
    return float(found.x)


def _prior(data: Paired, rows: NDArray[np.int64]) -> Array:
    size = next(iter(data.posteriors.values())).shape[1]
    counts = np.bincount(data.truth[rows], minlength=size) + 1.0
    return np.asarray(counts / counts.sum())


def report(data: Paired) -> float:
    """Print one row per way of answering; returns the redundancy fitted on everything."""
    ways: dict[str, Array] = {f"{m} alone": p for m, p in data.posteriors.items()}
    shape = next(iter(data.posteriors.values())).shape
    for name in ("independent (0)", "averaged (1)", "fitted"):
        ways[name] = np.zeros(shape)
    for train, test in GroupKFold(_FOLDS).split(data.truth, groups=data.groups):
        parts, prior = [p[test] for p in data.posteriors.values()], _prior(data, train)
        ways["independent (0)"][test] = pool(parts, prior, 0.0)
        ways["averaged (1)"][test] = pool(parts, prior, 1.0)
        ways["fitted"][test] = pool(parts, prior, fit(data, train))
    value = fit(data, np.arange(len(data.truth)))
    for way, p in ways.items():
        label = f"fitted ({value:.2f})" if way == "fitted" else way
        print(f"| {data.name} | {label} | {uar(p, data.truth):.3f} | {loss(p, data.truth):.3f} | {len(data.truth)} |")
    return value


def out_of_fold(x: Array, truth: NDArray[np.int64], groups: NDArray[np.str_], c: float) -> Array:
    """Posteriors of a logistic regression for groups it has not seen, (N, L)."""
    p = np.zeros((len(x), int(truth.max()) + 1))
    for train, test in GroupKFold(_FOLDS).split(x, truth, groups):
        model = make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=400)).fit(x[train], truth[train])
        p[np.ix_(test, model.classes_)] = model.predict_proba(x[test])
    return np.clip(p, 1e-4, None)


def cremad(root: Path) -> Paired:
    """Human verdicts on voice, on face and on both. Ties (several winners) are left out of the truth."""
    with gzip.open(root / "cremad_labels" / "summaryTable.csv.gz", "rt", encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file) if len(r["MultiModalVote"]) == 1]
    letters = sorted({r["MultiModalVote"] for r in rows})
    truth = np.asarray([letters.index(r["MultiModalVote"]) for r in rows])
    groups = np.asarray([r["FileName"].split("_")[0] for r in rows])
    columns = {"voice": "VoiceVote", "face": "FaceVote"}
    counted = {m: _counted([r[c] for r in rows], truth, groups, len(letters)) for m, c in columns.items()}
    return Paired("CREMA-D", counted, truth, groups)


def _counted(votes: list[str], truth: NDArray[np.int64], groups: NDArray[np.str_], labels: int) -> Array:
    """P(verdict on both | verdict on one), counted on other actors, add-one smoothed."""
    kinds = sorted(set(votes))
    index = np.asarray([kinds.index(v) for v in votes])
    p = np.zeros((len(votes), labels))
    for train, test in GroupKFold(_FOLDS).split(truth, groups=groups):
        table = np.ones((len(kinds), labels))
        np.add.at(table, (index[train], truth[train]), 1.0)
        p[test] = (table / table.sum(axis=1, keepdims=True))[index[test]]
    return p


def meld(root: Path) -> Paired:
    """MELD dev: text, voice and face of the same utterances."""
    with np.load(root / "meld" / "dev.npz", allow_pickle=False) as z:
        keep = z["visual_ok"] & z["audio_ok"]
        labels = sorted(set(z["emotion"]))
        truth = np.asarray([labels.index(e) for e in z["emotion"][keep]])
        groups = z["dialogue"][keep].astype(str)
        x = {"text": z["text_roberta"][keep], "voice": z["audio_w2v2"][keep], "face": z["visual_au"][keep]}
    parts = {m: out_of_fold(v.astype(np.float64), truth, groups, 0.001) for m, v in x.items()}
    return Paired("MELD dev", parts, truth, groups)


def ravdess(root: Path) -> Paired:
    """RAVDESS: our voice tracks (mean and deviation of the states) and action units, by actor."""
    from mien.data.load import segment_of
    from mien.encoders.base import encoders
    from mien.types import Clip

    encoder = encoders.build({"name": "voice_whisper"})
    with np.load(root / "ravdess_au_mfcc" / "all.npz", allow_pickle=False) as z:
        units = dict(zip(z["id"], z["visual_au"], strict=True))
        labels = sorted(set(z["emotion"]))
        order = {i: labels.index(e) for i, e in zip(z["id"], z["emotion"], strict=True)}
    voices, faces, truth, groups = [], [], [], []
    for path in sorted((root / "ravdess_speech" / "audio").glob("*.ogg")):
        # The first field says which file of the recording it is: 01 the video, 03 the sound alone.
        name = f"01{path.stem[2:]}"
        segment = segment_of(Clip(path.stem, audio=path), "voice")
        track = encoder.prepare(segment) if segment is not None else None
        if track is not None and name in units:
            voices.append(_statistics(track.values))
            faces.append(units[name])
            truth.append(order[name])
            groups.append(name.rpartition("-")[2])
    y, g = np.asarray(truth), np.asarray(groups)
    parts = {
        "voice": out_of_fold(np.stack(voices).astype(np.float64), y, g, 0.001),
        "face": out_of_fold(np.stack(faces).astype(np.float64), y, g, 0.01),
    }
    return Paired("RAVDESS", parts, y, g)


def _statistics(values: NDArray[np.float32]) -> NDArray[np.float32]:
    rows = torch.from_numpy(values).unsqueeze(0)
    whole = utterance_statistics(rows, torch.ones(rows.shape[:2], dtype=torch.bool), STATES)
    return np.asarray(whole[0].numpy())


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-root", type=Path)
    parser.add_argument("--sets", nargs="+", default=["cremad", "ravdess", "meld"])
    args = parser.parse_args()
    root = data_root(args.data_root)
    known = {"cremad": cremad, "ravdess": ravdess, "meld": meld}
    print("| set | pool (redundancy) | UAR | NLL | n |\n|---|---|---|---|---|")
    values = [report(known[name](root)) for name in args.sets]
    print(f"\nredundancy, mean over sets: {np.mean(values):.2f} ({', '.join(f'{v:.2f}' for v in values)})")


if __name__ == "__main__":
    main()
