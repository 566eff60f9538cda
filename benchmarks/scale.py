"""Measures how fast an archive is read by 1, 2 and 4 worker processes, and what it costs.

    python -m benchmarks.scale [--workers 1,2,4] [--copies 4] [--clip talk.mp4] [--asr auto] [--rounds 1]

It copies the clip, reads the copies into a folder of results, and prints for each number of workers: clips a second, hours of
clips an hour, processor seconds for an hour of clips, how many cores were busy, and the largest memory of a worker. With one
copy of a long clip it measures how workers share it. One worker with two threads comes first. Ratios within one run hold on a
busy machine too; the rounds are interleaved.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psutil

from mien.media.decoding.open import probe
from mien.samples import demo_clip


@dataclass(frozen=True)
class Run:
    """One reading of the archive: seconds, processor seconds, and the largest bytes of one worker."""

    seconds: float
    processor: float
    memory: float
    data: float


def measure(archive: Path, out: Path, workers: int, threads: int, asr: str) -> Run:
    """Reads the archive once."""
    shutil.rmtree(out, ignore_errors=True)
    command = [sys.executable, "-m", "mien", "analyze", str(archive), "--out", str(out), "--asr", asr]
    # The threads of the machine are shared out among the workers.
    environment = {**os.environ, "MIEN_THREADS": str(threads * workers)}
    begun, spent, largest, data = time.monotonic(), dict[int, float](), 0.0, 0.0
    process = subprocess.Popen(
        [*command, "--workers", str(workers)], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    parent = psutil.Process(process.pid)
    while process.poll() is None:
        for one in [parent, *children(parent)]:
            try:
                times, memory = one.cpu_times(), one.memory_info()
            except psutil.Error:
                continue
            spent[one.pid] = times.user + times.system
            if one is not parent:
                largest, data = max(largest, memory.rss), max(data, memory.data)
        time.sleep(0.05)
    if process.returncode:
        raise SystemExit(f"mien ended with {process.returncode}")
    return Run(time.monotonic() - begun, sum(spent.values()), largest, data)


def children(parent: psutil.Process) -> list[psutil.Process]:
    """The workers that live now."""
    try:
        found: list[psutil.Process] = parent.children(recursive=True)
    except psutil.Error:
        return []
    return found


def main() -> None:
    """Runs all and prints a table."""
    options = argparse.ArgumentParser()
    options.add_argument("--workers", default="1,2,4")
    options.add_argument("--copies", type=int, default=4)
    options.add_argument("--clip", type=Path, default=demo_clip())
    options.add_argument("--asr", default="auto")
    options.add_argument("--rounds", type=int, default=1)
    given = options.parse_args()
    seconds = given.copies * probe(given.clip).duration
    counts = [int(n) for n in given.workers.split(",")]
    settings = [(1, 2), *((n, 1) for n in counts)]
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "archive"
        archive.mkdir()
        for n in range(given.copies):
            shutil.copy(given.clip, archive / f"{n}{given.clip.suffix}")
        first = Path(folder) / "first"
        first.mkdir()
        shutil.copy(given.clip, first)
        measure(first, Path(folder) / "warm", 1, 1, given.asr)  # fills the caches
        found: dict[tuple[int, int], list[Run]] = {setting: [] for setting in settings}
        for _ in range(given.rounds):
            for setting in settings:
                found[setting].append(measure(archive, Path(folder) / "out", *setting, given.asr))
    print(
        "| workers | threads each | clips a second | hours an hour | CPU seconds an hour | cores kept busy "
        "| memory of a worker, MB (data, MB) |"
    )
    print("|---|---|---|---|---|---|---|")
    for (workers, threads), runs in found.items():
        wall, spent = median(run.seconds for run in runs), median(run.processor for run in runs)
        memory, data = max(run.memory for run in runs) / 1e6, max(run.data for run in runs) / 1e6
        rates = f"{given.copies / wall:.3f} | {seconds / wall:.2f} | {spent / seconds * 3600:.0f} | {spent / wall:.2f}"
        print(f"| {workers} | {threads} | {rates} | {memory:.0f} ({data:.0f}) |")


if __name__ == "__main__":
    main()
