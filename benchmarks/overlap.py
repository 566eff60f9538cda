"""How well two voices at once are told from one, on utterances of real people that are laid over one another, equally loud.

    python benchmarks/overlap.py        # needs MIEN_DATA; a minute on one core

Thresholds were chosen on other utterances of the same sets (seed 1).
"""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np

from mien.collection.reading.overlap import two_voices
from mien.collection.settings import Gates
from mien.errors import InputError
from mien.media.decoding.sound import read_audio
from mien.types import Float32

SETS = ("ravdess_speech", "emodb4_full", "nemo_pl", "ased_amharic")
EACH, SEED = 120, 7


def utterances(folder: Path) -> list[tuple[str, Float32]]:
    """(speaker, sound without silence at its ends, with a root mean square of 1) of some utterances of at least a second."""
    with (folder / "manifest.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    rows = [rows[n] for n in np.random.default_rng(SEED).permutation(len(rows))]
    found: list[tuple[str, Float32]] = []
    for row in rows:
        try:
            samples = read_audio(folder / row["path"]).samples
        except InputError:
            continue
        heard = np.flatnonzero(np.abs(samples) > 0.05 * np.abs(samples).max())
        part = samples[heard[0] : heard[-1]]
        if len(part) >= 16_000 and len(found) < EACH:
            found.append((row["speaker"], np.asarray(part / np.sqrt(np.mean(part**2)), np.float32)))
    return found


def main() -> None:
    limit, root = Gates().two_voices, Path(os.environ["MIEN_DATA"])
    print(f"| utterances of | one voice refused | two voices refused | AUC |\n|---|---|---|---|  (limit {limit})")
    for name in SETS:
        first, second = np.array_split(np.arange(EACH), 2)
        found = utterances(root / name)
        one = np.asarray([two_voices(found[n][1]) for n in first])
        pairs = [(found[n], found[m]) for n, m in zip(first, second, strict=True) if found[n][0] != found[m][0]]
        two = np.asarray([two_voices(a[: len(b)] + b[: len(a)]) for (_, a), (_, b) in pairs])
        area = np.mean((two[:, None] > one) + 0.5 * (two[:, None] == one))
        print(
            f"| {name} | {np.mean(one > limit):.3f} of {len(one)} | {np.mean(two > limit):.3f} of {len(two)} | {area:.3f} |"
        )


if __name__ == "__main__":
    main()
