"""How many labels a set needs until a stated recall, when clips are chosen as `mien data draw` does, and at random.

    python -m benchmarks.choice [--seeds 5] [--sets ferplus]

It needs MIEN_DATA and mien[train], and writes docs/collect.md and docs/choice.svg.

The labels of a public set are hidden, and shown one round after the other. The classifier is the one that chooses; its states
were never trained on emotion. So neither states nor classifier know a hidden label. Finished curves are kept in the cache.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.choice_chart import chart
from mien.collection.choice.choose import SHARES, Waiting, Why, choose
from mien.collection.choice.probe import Float64, fit, reduced, uar
from mien.encoders.base import encoders
from mien.media.decoding.sound import read_audio
from mien.runtime.cache import cache_folder, fill_atomic, write_atomic
from mien.runtime.marks import rebuilt
from mien.types import Segment

ROUND, ROUNDS = 50, 16
WAYS: dict[str, dict[Why, float]] = {
    "at random": dict.fromkeys(SHARES, 0.0) | {"control": 1.0},
    "uncertain alone": dict.fromkeys(SHARES, 0.0) | {"uncertain": 1.0},
    "diverse alone": dict.fromkeys(SHARES, 0.0) | {"diverse": 1.0},
    "the mix": SHARES,
}
Set = tuple[Float64, NDArray[np.int64], NDArray[np.bool_]]
"""States (N, D), labels (N,), and whether a row is a test row."""


def voices(root: Path) -> Set:
    """RAVDESS: Whisper's early states and prosody, mean over the utterance. Tests are the speakers of its test split."""
    with (root / "ravdess_speech" / "manifest.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    encoder = encoders.build({"name": "voice_whisper"})

    def state(row: dict[str, str]) -> NDArray[np.float32]:
        audio = read_audio(root / "ravdess_speech" / row["path"])
        track = encoder.prepare(Segment(audio.span, audio=audio))
        return np.zeros(1546, np.float32) if track is None else track.values.mean(axis=0)

    return _labelled(np.stack([state(row) for row in rows]), [r["label"] for r in rows], [r["split"] for r in rows])


def comments(root: Path) -> Set:
    """GoEmotions, comments with one of the seven labels: MiniLM's states with its published weights, mean over the tokens."""
    import torch
    from pyarrow import parquet

    from mien.data.load import words_of
    from mien.types import Span

    rows = parquet.read_table(root / "goemotions" / "data.parquet").to_pylist()
    rows = [row for row in rows if row["ekman"] and "|" not in row["ekman"]]
    random = np.random.default_rng(0)
    parts = {split: [r for r in rows if r["split"] == split] for split in ("train", "test")}
    rows = [
        parts[s][n] for s, most in (("train", 5000), ("test", 2000)) for n in random.permutation(len(parts[s]))[:most]
    ]
    encoder = encoders.build({"name": "text_minilm", "tokens": 48})
    network = encoder.network().eval()
    found = []
    for row in rows:
        track = encoder.prepare(Segment(Span(0.0, 1.0), words=words_of(row["text"], "en")))
        if track is None:
            found.append(np.zeros(384, np.float32))
            continue
        with torch.inference_mode():
            tokens = torch.from_numpy(track.values)[None]
            found.append(network(tokens, torch.ones_like(tokens, dtype=torch.bool))[0].mean(dim=0).numpy())
    return _labelled(np.stack(found), [r["ekman"] for r in rows], [r["split"] for r in rows])


def faces(root: Path) -> Set:
    """FER+, pictures whose most frequent vote is one of the seven: histograms of oriented gradients (Dalal and Triggs 2005)."""
    from PIL import Image
    from pyarrow import parquet

    names = ("neutral", "happy", "sad", "angry", "fear", "disgust", "surprise")
    with (root / "ferplus" / "manifest.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["use"] == "1" and row["label"] in names]
    random = np.random.default_rng(0)
    parts = {split: [r for r in rows if r["split"] == split] for split in ("train", "test")}
    rows = [
        parts[s][n] for s, most in (("train", 5000), ("test", 2000)) for n in random.permutation(len(parts[s]))[:most]
    ]
    paths = dict.fromkeys(row["path"] for row in rows)
    stored = {path: parquet.read_table(root / "ferplus" / path)["image"].combine_chunks() for path in paths}
    found = []
    for row in rows:
        cell = stored[row["path"]][int(row["row"])].as_py()
        with Image.open(io.BytesIO(cell["bytes"] if isinstance(cell, dict) else cell)) as picture:
            found.append(gradients(np.asarray(picture.convert("L").resize((48, 48)), np.float64)))
    return _labelled(np.stack(found), [r["label"] for r in rows], [r["split"] for r in rows])


def gradients(grey: Float64) -> NDArray[np.float32]:
    """Histograms of nine directions in cells of 8 x 8 pixels, normalised over blocks of 2 x 2 cells; float32 (900,)."""
    down, right = np.gradient(np.sqrt(grey))
    size, angle = np.hypot(down, right), np.mod(np.arctan2(down, right), np.pi) / np.pi * 9
    low, part = np.floor(angle).astype(np.int64) % 9, angle % 1.0
    bins = np.zeros((48, 48, 9))
    places = np.indices((48, 48))
    np.add.at(bins, (*places, low), size * (1 - part))
    np.add.at(bins, (*places, (low + 1) % 9), size * part)
    cells = bins.reshape(6, 8, 6, 8, 9).sum(axis=(1, 3))
    blocks = [cells[y : y + 2, x : x + 2].ravel() for y in range(5) for x in range(5)]
    return np.concatenate([b / (np.linalg.norm(b) + 1e-3) for b in blocks]).astype(np.float32)


def _labelled(states: NDArray[np.float32], labels: Sequence[str], splits: Sequence[str]) -> Set:
    _, numbers = np.unique(labels, return_inverse=True)
    return states.astype(np.float64), numbers.astype(np.int64), np.asarray([split == "test" for split in splits])


def kept(name: str, make: Callable[[Path], Set]) -> Set:
    """The states of a set, made once."""
    path = cache_folder() / f"choice-{name}.npz"
    if not path.is_file():
        states, labels, test = make(Path(os.environ["MIEN_DATA"]))
        fill_atomic(path, lambda file: np.savez(file, states=states, labels=labels, test=test))
    with np.load(path) as found:
        return found["states"], found["labels"], found["test"]


def curve(found: Set, shares: dict[Why, float], seed: int) -> Float64:
    """Recall on the test rows after each round, float64 (ROUNDS,). The first round is at random in every way."""
    states, labels, test = found
    rows = reduced([states])
    pool, classes = np.flatnonzero(~test), int(labels.max()) + 1
    shown = np.full(len(pool), -1, np.int64)
    scores = np.full((len(pool), classes), 1.0 / classes)
    recalls = []
    for number in range(ROUNDS):
        mix = WAYS["at random"] if number == 0 else shares
        waiting = Waiting(rows[pool], scores, np.zeros(len(pool)), np.arange(len(pool)), shown)
        for row, _ in choose(waiting, ROUND, 100 * seed + number, mix):
            shown[row] = labels[pool[row]]
        probe = fit(rows[pool][shown >= 0], shown[shown >= 0], classes)
        scores = probe.probabilities(rows[pool])
        recalls.append(uar(probe.probabilities(rows[test]).argmax(axis=1), labels[test]))
    return np.asarray(recalls)


def needed(recalls: Float64, target: float) -> str:
    """Labels until the mean recall (ROUNDS,) reaches the target, on a line between two rounds."""
    reached = int(np.argmax(recalls >= target))
    if recalls[reached] < target:
        return f"more than {ROUND * ROUNDS}"
    before = recalls[reached - 1] if reached else 0.0
    return f"{ROUND * (reached + (target - before) / (recalls[reached] - before)):.0f}"


def curves(name: str, make: Callable[[Path], Set], seeds: int) -> dict[str, Float64]:
    """{how clips are chosen: recall after each round, float64 (seeds, ROUNDS)} on one set."""
    found = {}
    for way, shares in WAYS.items():
        path = cache_folder() / f"choice-{name}-{way.replace(' ', '-')}-{seeds}.npy"
        if not path.is_file():
            states = kept(name, make)
            rows = np.stack([curve(states, shares, seed) for seed in range(seeds)])
            fill_atomic(path, partial(np.save, arr=rows))
        found[way] = np.load(path)
        print(name, way, found[way].mean(axis=0).round(3), flush=True)
    return found


def table(name: str, found: dict[str, Float64]) -> Iterator[str]:
    """The rows of the table about one set. What is wanted is what choice at random reaches with all labels."""
    target = float(found["at random"].mean(axis=0)[-1])
    for way, rows in found.items():
        mean, deviation = rows.mean(axis=0), rows.std(axis=0)
        after = [f"{mean[n - 1]:.3f} ± {deviation[n - 1]:.3f}" for n in (2, 4, 8, ROUNDS)]
        yield f"| {name} | {way} | {' | '.join(after)} | {needed(mean, target)} |"


SETS: dict[str, Callable[[Path], Set]] = {"ferplus": faces, "goemotions": comments, "ravdess_speech": voices}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument(
        "--sets", nargs="+", choices=list(SETS), default=list(SETS), help="others keep their rows; none is drawn"
    )
    given = parser.parse_args()
    found = {name: curves(name, SETS[name], given.seeds) for name in given.sets}
    docs = Path(__file__).parents[1] / "docs"
    page = (docs / "collect.md").read_text(encoding="utf-8")
    columns = " | ".join(f"UAR at {ROUND * n}" for n in (2, 4, 8, ROUNDS))
    wanted = f"labels to what {ROUND * ROUNDS} at random reach"
    lines = [f"| set | clips are chosen | {columns} | {wanted} |", "|---" * 7 + "|"]
    for name in SETS:
        before = [line for line in page.splitlines() if line.startswith(f"| {name} |")]
        lines += table(name, found[name]) if name in found else before
    write_atomic(docs / "choice.svg", chart(found, ROUND))
    write_atomic(docs / "collect.md", rebuilt(page, "choice", "\n".join(lines)))


if __name__ == "__main__":
    main()
