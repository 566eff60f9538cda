"""Measures a training on a stream of Parquet files against one that holds its rows in memory.

    python -m benchmarks.streaming --rows 100000 [--stream 16384] [--memory]

The rows are made here: three vectors of eight numbers and one of four labels each, 20,000 rows a file, 2,000 speakers, of whom
nine tenths are learned from. Each way runs in a process of its own. Told are the CPU seconds until the first step (the rows are
read, and their tracks prepared), the examples per CPU second of the steps, and the growth of anonymous memory at its highest.
``--memory`` also holds them in memory.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
from pyarrow import parquet

_FILE, _GROUP, _TIME, _SIZE = 20_000, 10_000, 3, 8
_LABELS = np.asarray(["neutral", "happy", "sad", "angry"])


def write(folder: Path, count: int) -> None:
    """Files of rows that can be learned."""
    for first in range(0, count, _FILE):
        rng, here = np.random.default_rng(first), min(_FILE, count - first)
        label = rng.integers(0, len(_LABELS), here)
        values = rng.normal(size=(here, _TIME, _SIZE)).astype(np.float32)
        values[:, :, : len(_LABELS)] += 2 * np.eye(len(_LABELS), dtype=np.float32)[label][:, None]
        rows = pyarrow.FixedSizeListArray.from_arrays(pyarrow.array(values.ravel()), _SIZE)
        ends = pyarrow.array(np.arange(0, here * _TIME + 1, _TIME, dtype=np.int32))
        columns: dict[str, Any] = {
            "id": [f"clip{i}" for i in range(first, first + here)],
            "speaker": [f"speaker{i}" for i in rng.integers(0, 2000, here)],
            "emotion": _LABELS[label],
            "voice": pyarrow.ListArray.from_arrays(ends, rows),
        }
        parquet.write_table(
            pyarrow.table(columns), folder / f"part-{first // _FILE:04d}.parquet", row_group_size=_GROUP
        )


def learn(folder: Path, stream: int) -> None:
    """Train one epoch, and print what it cost."""
    from mien.data.corpus import Corpus
    from mien.events import Event, Progress, finish
    from mien.recipe.recipe import FeatureTable, Recipe, Source
    from mien.recipe.sections import EncoderTable, Training
    from mien.training.loop import train

    source = Source(
        "rows",
        "part-*.parquet",
        {"id": "id", "speaker": "speaker"},
        features={"voice": FeatureTable("voice")},
        divide=(0.9, 0.05, 0.05),
        stream=stream,
    )
    table = EncoderTable("features", {"modality": "voice", "size": _SIZE, "hidden": 32, "dropout": 0.0})
    plan = Recipe("rows", {"voice": table}, (source,), train=Training(epochs=1, batch=256, keep="last"))
    before, highest = _anonymous(), 0.0
    steps: list[float] = []

    def tell(event: Event) -> None:
        nonlocal highest
        highest = max(highest, _anonymous())
        if isinstance(event, Progress) and event.stage == "train":
            steps.append(time.process_time())

    began = time.process_time()
    run = finish(train(plan, Corpus.of(plan, folder), folder / f"runs-{stream}"), tell)
    speed = len(run.train[0]) * (len(steps) - 1) / len(steps) / (steps[-1] - steps[0])
    print(
        f"{'stream of ' + str(stream) if stream else 'in memory':>16}: {len(run.train[0])} examples, "
        f"{steps[0] - began:.0f} CPU s before the first step, {speed:.0f} examples per CPU second, "
        f"{highest - before:.0f} MiB, valid loss {run.valid_loss:.4f}"
    )


def _anonymous() -> float:
    found = re.search(r"RssAnon:\s+(\d+)", Path("/proc/self/status").read_text(encoding="utf-8"))
    return int(found[1]) / 1024 if found else float("nan")


def main() -> None:
    """See above."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--stream", type=int, default=16_384)
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--learn", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.learn:
        learn(given.learn, given.stream)
        return
    with tempfile.TemporaryDirectory() as name:
        write(Path(name), given.rows)
        for stream in (given.stream, *((0,) if given.memory else ())):
            cache = {**os.environ, "MIEN_CACHE": f"{name}/cache-{stream}"}
            command = [sys.executable, "-m", "benchmarks.streaming", "--learn", name, "--stream", str(stream)]
            subprocess.run(command, env=cache, check=True)


if __name__ == "__main__":
    main()
