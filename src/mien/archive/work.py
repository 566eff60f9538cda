"""Reads an archive with several worker processes into a folder of results."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from mien.archive import tables
from mien.archive.ahead import long_ones, read_ahead, useful
from mien.archive.folder import Reading, Results
from mien.errors import InputError
from mien.events import Notice, Progress, Skipped, Work, Written
from mien.report import files
from mien.runtime.crew import Crashed, Crew
from mien.runtime.messages import Table
from mien.runtime.worker import CrashedError

MEMORY = 4.0
"""GB of data that a worker may hold, unless told otherwise."""
CRASHED = "reading it ended the worker process twice: it is damaged, it needs more memory, or mien has a fault"


def analyze_archive(
    clips: Mapping[str, Path], results: Results, reading: Reading, workers: int, memory: float = MEMORY
) -> Work[int]:
    """Reads the clips that are not read yet, and makes the tables and the summary anew.

    The files do not depend on how many workers there are, nor on which of them is faster.

    Args:
        clips: {name in the results: file}.
        results: the folder.
        reading: how clips are read.
        workers: how many processes.
        memory: GB of data that each may hold. A clip that needs more is reported.

    Yields:
        ``Progress``, and for each clip ``Written`` or ``Skipped``.

    Returns:
        How many clips could not be read.

    Raises:
        InputError: a file cannot be written.
        CrashedError: workers do not start.
    """
    waiting = yield from still_to_read(clips, results)
    # The largest first: at the end no worker is left alone with a long one.
    order = sorted(waiting, key=lambda name: (-_size(waiting[name]), name))
    # Where there are more workers than clips, they share the long ones.
    long = long_ones(waiting, reading.settings().hours) if len(waiting) < workers else {}
    with closing(crew_of(reading, memory, min(workers, max(len(order), useful(long), 1)))) as crew:
        ahead = (yield from read_ahead(crew, waiting, long, results)) if long else {}
        skipped = yield from _read(crew, order, waiting, results, ahead)
        return (yield from finished(crew, results, skipped))


def crew_of(reading: Reading, memory: float, count: int, cores: int | None = None) -> Crew:
    """Worker processes that read clips; see ``Crew``. ``memory`` is GB that each may hold."""
    return Crew("mien.archive.worker", [json.dumps(asdict(reading)), str(int(memory * 1e9))], count, cores)


def still_to_read(clips: Mapping[str, Path], results: Results) -> Work[dict[str, Path]]:
    """The clips that are not read yet, and a notice about the others."""
    waiting = {name: clip for name, clip in clips.items() if not results.done(name, clip)}
    if len(waiting) < len(clips):
        yield Notice("kept", {"count": len(clips) - len(waiting), "all": len(clips)})
    return waiting


def finished(crew: Crew, results: Results, skipped: Sequence[Skipped]) -> Work[int]:
    """Makes the tables, when all clips are read, and writes which could not be; gives how many these are."""
    yield from _tables(crew, results)
    told = [asdict(one) for one in sorted(skipped, key=lambda one: one.source)]
    files.put(results.root / "skipped.json", json.dumps(told, ensure_ascii=False, indent=1) + "\n")
    return len(skipped)


def _size(clip: Path) -> int:
    try:
        return clip.stat().st_size
    except OSError:
        return 0


def _read(
    crew: Crew, order: list[str], clips: Mapping[str, Path], results: Results, ahead: Mapping[str, Path]
) -> Work[list[Skipped]]:
    orders: list[Table] = [
        {"clip": str(clips[name]), "file": str(results.file(name))}
        | ({"ahead": str(ahead[name])} if name in ahead else {})
        for name in order
    ]
    skipped: list[Skipped] = []
    done = 0
    with closing(crew.perform(orders)) as told:
        for number, message in told:
            name = order[number]
            if isinstance(message, Crashed) or "failed" in message:
                skipped.append(Skipped(name, CRASHED if isinstance(message, Crashed) else message["failed"]))
                yield skipped[-1]
            elif "end" in message:
                yield Written(name, message["end"])
            else:
                continue
            if name in ahead:
                shutil.rmtree(ahead[name], ignore_errors=True)
            yield Progress("clips", name, done, len(order))
            done += 1
    yield Progress("clips", "", done, len(order))
    return skipped


def _tables(crew: Crew, results: Results) -> Work[None]:
    parts = tables.stale_parts(results)
    orders: list[Table] = [{"part": part, "results": str(results.root)} for part in parts]
    with closing(crew.perform(orders)) as told:
        for done, (number, message) in enumerate(told, start=1):
            if isinstance(message, Crashed):
                raise CrashedError(f"a worker ended while it wrote the part '{parts[number]}'; close other programs")
            if "failed" in message:
                raise InputError(message["failed"])
            yield Progress("write", "Parquet", done, len(orders))
    tables.mark_made(results)
