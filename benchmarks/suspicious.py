"""How well suspicious labels are found: labels of real sets are flipped on purpose, and the list is held against them.

    python benchmarks/suspicious.py [--share 0.1] [--seeds 5]

The probabilities come from models that did not learn from the labels: the bundle research on the test comments of GoEmotions,
and a logistic regression over action units and sounds of RAVDESS that is fitted on the actors of the other folds.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mien.agreement.suspicious import suspicious
from mien.data.shards.paths import data_root

Labels = NDArray[np.int64]
Table = NDArray[np.float64]


def goemotions() -> tuple[Labels, Table]:
    """Comments of the test split with one label, and what the words of the bundle say."""
    from mien.bundle.bundle import Bundle
    from mien.evaluation.on_data import data_for, report_on
    from mien.events import finish

    bundle = Bundle.load("research")
    (part,) = finish(report_on(bundle, finish(data_for(bundle, "text", None, None)))).evaluation.test
    single = part.targets.max(axis=1) == 1
    return part.targets[single].argmax(axis=1), part.scores[single].astype(np.float64)


def ravdess() -> tuple[Labels, Table, NDArray[np.str_]]:
    """Labels, features and actors of RAVDESS."""
    with np.load(data_root() / "ravdess_au_mfcc" / "all.npz", allow_pickle=False) as arrays:
        labels = np.unique(arrays["emotion"], return_inverse=True)[1].astype(np.int64)
        features = [arrays[name].reshape(len(labels), -1) for name in FEATURES]
        return labels, np.concatenate(features, axis=1).astype(np.float64), arrays["actor"].astype(str)


FEATURES = ("visual_au", "audio_mfcc")


def crossed(labels: Labels, features: Table, groups: NDArray[np.str_]) -> Table:
    """Probabilities of a model that was fitted on other people, with the labels as they are given."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=500))
    found = cross_val_predict(model, features, labels, groups=groups, cv=GroupKFold(6), method="predict_proba")
    return np.asarray(found, np.float64)


def flipped(labels: Labels, share: float, seed: int) -> tuple[Labels, NDArray[np.bool_]]:
    """Labels of which a share is another one, and which these are."""
    rng, size = np.random.default_rng(seed), int(labels.max()) + 1
    wrong = np.zeros(len(labels), bool)
    wrong[rng.choice(len(labels), round(share * len(labels)), replace=False)] = True
    return np.where(wrong, (labels + rng.integers(1, size, len(labels))) % size, labels), wrong


def measured(given: Labels, probabilities: Table, wrong: NDArray[np.bool_]) -> tuple[float, float, float, float]:
    """Precision and recall of the list, precision of the first 100, and the length of the list."""
    places = [s.place for s in suspicious(given, probabilities)]
    hits = wrong[places]
    return float(hits.mean()), float(hits.sum() / wrong.sum()), float(hits[:100].mean()), float(len(places))


def rows(share: float, seeds: int) -> Iterator[str]:
    """A line of the table for each set."""
    labels, probabilities = goemotions()
    found = [
        measured(given, probabilities, wrong) for given, wrong in (flipped(labels, share, s) for s in range(seeds))
    ]
    yield line("GoEmotions, test, words", len(labels), labels, probabilities, found)
    labels, features, groups = ravdess()
    found = []
    for seed in range(seeds):
        given, wrong = flipped(labels, share, seed)
        found.append(measured(given, crossed(given, features, groups), wrong))
    yield line("RAVDESS, other actors", len(labels), labels, crossed(labels, features, groups), found)


def line(
    name: str, n: int, labels: Labels, probabilities: Table, found: list[tuple[float, float, float, float]]
) -> str:
    """Means and standard deviations over the seeds."""
    accuracy = float((probabilities.argmax(axis=1) == labels).mean())
    mean, deviation = np.mean(found, axis=0), np.std(found, axis=0)
    cells = [f"{m:.2f} ± {d:.2f}" for m, d in zip(mean[:3], deviation[:3], strict=True)]
    return f"| {name} | {n:,} | {accuracy:.2f} | {mean[3]:.0f} | {cells[0]} | {cells[1]} | {cells[2]} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=float, default=0.1)
    parser.add_argument("--seeds", type=int, default=5)
    given = parser.parse_args()
    print("| set | labels | the model is right | listed | precision | recall | precision of the first 100 |")
    print("|---|---|---|---|---|---|---|")
    for row in rows(given.share, given.seeds):
        print(row, flush=True)


if __name__ == "__main__":
    main()
