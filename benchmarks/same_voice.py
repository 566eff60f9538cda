"""Measures how well `mien analyze --people voice` tells whose clips are whose.

    python -m benchmarks.same_voice

Of each set, ten people with 20 clips each are drawn, and of these 1, 2, 4 and all, ten times. B-cubed precision is the mean
share of the clips in the group of a clip that are of the same person; recall is the share of the clips of its person that its
group has (Bagga and Baldwin 1998).
"""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.data.shards.paths import data_root
from mien.media.decoding.sound import read_audio
from mien.media.voices.over_clips import main_voice, same_voice
from mien.media.voices.pieces import pieces
from mien.types import Float32

SETS = ("ravdess_speech", "ased_amharic", "emodb7_2s", "nemo_pl")
COUNTS = (1, 2, 4, 10)
_CLIPS, _DRAWS = 20, 10


def main() -> None:
    """Print the table."""
    print("| set | people | precision | recall | groups |\n|---|---|---|---|---|")
    for name in SETS:
        voices, people = drawn(data_root() / name)
        for count in COUNTS:
            rows = np.asarray([_draw(voices, people, count, seed) for seed in range(_DRAWS)])
            print(f"| {name} | {count} | " + " | ".join(f"{v:.2f}" for v in rows.mean(axis=0)) + " |", flush=True)


def drawn(folder: Path) -> tuple[Float32, NDArray[np.str_]]:
    """The main voices (N, 256) of clips of ten people, and whose they are (N,)."""
    clips = defaultdict(list)
    with (folder / "manifest.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            clips[row["speaker"]].append(folder / row["path"])
    rng = np.random.default_rng(0)
    voices, people = [], []
    for person in rng.permutation(sorted(clips))[: COUNTS[-1]]:
        for index in rng.permutation(len(clips[person]))[:_CLIPS]:
            voice = main_voice(pieces(read_audio(clips[person][index]).samples))
            if voice is not None:
                voices.append(voice)
                people.append(person)
    return np.stack(voices), np.asarray(people)


def b_cubed(people: NDArray[np.str_], groups: NDArray[np.int64]) -> tuple[float, float]:
    """Precision and recall of groups of clips, (N,) each."""
    same, together = people[:, None] == people, groups[:, None] == groups
    both = (same & together).sum(axis=1)
    return float((both / together.sum(axis=1)).mean()), float((both / same.sum(axis=1)).mean())


def _draw(voices: Float32, people: NDArray[np.str_], count: int, seed: int) -> tuple[float, float, int]:
    chosen = np.random.default_rng(seed).permutation(np.unique(people))[:count]
    some = np.flatnonzero(np.isin(people, chosen))
    groups = same_voice(voices[some])
    return *b_cubed(people[some], groups), int(groups.max()) + 1


if __name__ == "__main__":
    main()
