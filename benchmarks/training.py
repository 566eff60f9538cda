"""Measures the cost of mien's training loop: its examples per CPU second against those of a plain PyTorch loop.

    python benchmarks/training.py [--epochs 4] [--rounds 7]

Both loops use the same model and batches: 1,080 examples made here, as large as voices described by `voice_whisper` (four rows
of 781 numbers). They take turns in one process, with new weights each time. Mien's loop also follows a schedule, logs each
step, and saves a checkpoint after each epoch.

`--memory 2000 8000` instead measures the memory of growing numbers of examples. It is the growth of the anonymous pages of a
process that makes every batch of an epoch from tracks on disk.
"""

from __future__ import annotations

import argparse
import math
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

from mien.data.corpus import Corpus
from mien.data.sets import ExampleSet, example_sets
from mien.encoders.base import Encoder, encoders
from mien.events import finish
from mien.model.build import build
from mien.recipe.recipe import FeatureTable, Recipe, Source
from mien.recipe.sections import EncoderTable, Loss, Training
from mien.runtime import threads
from mien.runtime.run_folder import CHECKPOINT
from mien.training import objectives
from mien.training.batches import epoch
from mien.training.checkpoint import Checkpoint
from mien.training.devices import Devices
from mien.training.loop import _Loop
from mien.training.statistics import fit_statistics, label_shares
from mien.types import Modality


def ours(recipe: Recipe, sets: list[ExampleSet]) -> float:
    """CPU seconds of our loop."""
    model, _ = build(recipe)
    fabric = Devices("cpu").fabric("32-true")
    with tempfile.TemporaryDirectory() as folder:
        auxiliary = objectives.build(model, recipe.train)
        checkpoint = Checkpoint(Path(folder) / CHECKPOINT)
        loop = _Loop(recipe, model, auxiliary, sets, [], Path(folder), checkpoint, fabric)
        fit_statistics(model, sets)
        start = time.process_time()
        finish(loop.run(resume=False))
        return time.process_time() - start


def plain(recipe: Recipe, sets: list[ExampleSet]) -> float:
    """CPU seconds of the shortest loop that learns the same."""
    how = recipe.train
    model, _ = build(recipe)
    fit_statistics(model, sets)
    optimizer = torch.optim.AdamW(model.parameters(), lr=how.lr, weight_decay=how.weight_decay, fused=True)
    model.train()
    start = time.process_time()
    fit_statistics(model, sets)  # ours does so when it begins
    shares = recipe.losses["emotion"].logit_adjustment * label_shares(recipe.tasks, sets)["emotion"].clamp(1e-6).log()
    for number in range(how.epochs):
        for which, rows in epoch(sets, how.batch, np.random.default_rng(number)):
            batch = sets[which].batch(rows)
            logits = model(batch).logits["emotion"] + shares
            loss = nn.functional.cross_entropy(logits, batch.targets["emotion"])
            loss.backward()  # type: ignore[no-untyped-call]  # torch lacks the annotation
            nn.utils.clip_grad_norm_(model.parameters(), how.clip)
            optimizer.step()
            optimizer.zero_grad()
    return time.process_time() - start


def speed(epochs: int, rounds: int) -> None:
    """Print examples per CPU second of both, and the ratio of the two."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), 1080, (4, 781), ["happy", "sad", "angry", "neutral"])
        recipe, sets = learned(Path(folder), 781, Training(epochs=epochs, keep="last"))
        count = epochs * sum(len(s) for s in sets)
        ours(recipe, sets), plain(recipe, sets)
        pairs = [(ours(recipe, sets), plain(recipe, sets)) for _ in range(rounds)]
    ratios = [b / a for a, b in pairs]
    print(f"{count // epochs} examples, batch {recipe.train.batch}, {epochs} epochs, {rounds} rounds")
    print(f"ours  {count / statistics.median(a for a, _ in pairs):8.0f} examples per CPU second")
    print(f"plain {count / statistics.median(b for _, b in pairs):8.0f} examples per CPU second")
    print(f"ratio {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")


def write(folder: Path, count: int, shape: tuple[int, int], labels: list[str]) -> None:
    """Examples without meaning."""
    np.savez(
        folder / "big.npz",
        id=np.arange(count),
        speaker=np.asarray([f"s{i % 50}" for i in range(count)]),
        emotion=np.asarray(labels)[np.arange(count) % len(labels)],
        split=np.full(count, "train"),
        rows=np.random.default_rng(0).normal(size=(count, *shape)).astype(np.float32),
    )


def learned(folder: Path, size: int, how: Training) -> tuple[Recipe, list[ExampleSet]]:
    """A recipe for them, and their training set."""
    table = EncoderTable("features", {"modality": "voice", "size": size, "hidden": 256, "dropout": 0.0})
    source = Source("big", "big.npz", {"id": "id"}, features={"voice": FeatureTable("rows")})
    losses = {"emotion": Loss(logit_adjustment=1.0)}
    recipe = Recipe("big", {"voice": table}, (source,), losses=losses, train=how)
    parts: dict[Modality, Encoder] = {"voice": encoders.build({"name": "features", **table.options})}
    return recipe, finish(example_sets(Corpus.of(recipe, folder), "train", parts, recipe.encoders))


def memory(counts: list[int]) -> None:
    """Print the growth of a process that makes every batch of an epoch from tracks on disk."""
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder), count, (50, 64), ["happy", "sad"])
            command = [sys.executable, __file__, "--through", folder]
            environment = {**os.environ, "MIEN_CACHE": str(Path(folder) / "cache")}
            for _ in range(2):  # the first prepares the tracks, the second finds them
                done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
            print(f"{count:7d} examples, {count * 50 * 64 * 4 / 2**20:6.0f} MiB of tracks: {done.stdout.strip()} MiB")


def through(folder: Path) -> None:
    """Make every batch once; print by how many MiB anonymous memory grew."""
    before = _anonymous()
    _, sets = learned(folder, 64, Training())
    highest = 0.0
    for which, rows in epoch(sets, 32, np.random.default_rng(0)):
        sets[which].batch(rows)
        highest = max(highest, _anonymous())
    print(math.ceil(highest - before))


def _anonymous() -> float:
    found = re.search(r"RssAnon:\s+(\d+)", Path("/proc/self/status").read_text(encoding="utf-8"))
    return int(found[1]) / 1024 if found else math.nan


def main() -> None:
    """See above."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--memory", type=int, nargs="*", help="numbers of examples, such as 2000 8000 32000")
    parser.add_argument("--through", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    torch.set_num_threads(threads.count())
    if given.through:
        through(given.through)
    elif given.memory:
        memory(given.memory)
    else:
        speed(given.epochs, given.rounds)


if __name__ == "__main__":
    main()
