"""Reads an archive on a Ray cluster into the same folder of results as on one machine: ``mien analyze ... --ray auto``."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mien.archive.folder import Reading, Results
from mien.archive.work import crew_of, finished, still_to_read
from mien.events import Progress, Skipped, Work, Written
from mien.ray.clips import Reader
from mien.runtime.extras import needs_ray


def analyze_on(
    address: str, clips: Mapping[str, Path], results: Results, reading: Reading, actors: int | None, memory: float
) -> Work[int]:
    """Reads the clips that are not read yet on a cluster, and makes the tables anew on this machine.

    All machines must see the clips and the results under the same paths.

    Args:
        address: "auto", or the address of a cluster.
        clips, results, reading, memory: see ``mien.archive.work.analyze_archive``.
        actors: how many at most; ``None`` for one on each core.

    Yields:
        ``Progress``, and for each clip ``Written`` or ``Skipped``.

    Returns:
        How many clips could not be read.

    Raises:
        InputError: Ray is not installed, or a file cannot be written.
    """
    needs_ray()
    import ray

    waiting = yield from still_to_read(clips, results)
    skipped: list[Skipped] = []
    if waiting:
        ray.init(address=address, ignore_reinit_error=True, log_to_driver=False)
        cores = max(1, int(ray.cluster_resources().get("CPU", 1)))
        ray.data.DataContext.get_current().enable_progress_bars = False
        orders = [{"clip": str(clip.resolve()), "file": str(results.file(n).resolve())} for n, clip in waiting.items()]
        rows = [{"name": name, **order} for name, order in zip(waiting, orders, strict=True)]
        most = min(actors or cores, len(rows))
        told = ray.data.from_items(rows, override_num_blocks=len(rows)).map_batches(
            Clips,
            fn_constructor_args=(asdict(reading), None, memory, 1.0, None),
            batch_size=1,
            batch_format="pyarrow",
            concurrency=(1, most),
            num_cpus=1.0,
        )
        for done, row in enumerate(told.iter_rows()):
            yield _told(row, skipped)
            yield Progress("clips", row["name"], done, len(rows))
        yield Progress("clips", "", len(rows), len(rows))
    with closing(crew_of(reading, memory, 1)) as crew:
        return (yield from finished(crew, results, skipped))


def _told(row: Mapping[str, Any], skipped: list[Skipped]) -> Written | Skipped:
    if not row["why"]:
        return Written(row["name"], row["duration"])
    skipped.append(Skipped(row["name"], row["why"]))
    return skipped[-1]


class Clips(Reader):
    """What an actor does with files that all machines see: it reads each into its place, and tells how it went."""

    def __call__(self, batch: Any) -> Any:
        """A row for each clip: name, duration (seconds), and why it could not be read, or ""."""
        import pyarrow as pa

        rows = []
        for order in batch.to_pylist():
            why, duration = self.carried_out({"clip": order["clip"], "file": order["file"]})
            rows.append({"name": order["name"], "duration": duration, "why": why})
        return pa.Table.from_pylist(
            rows, pa.schema({"name": pa.string(), "duration": pa.float64(), "why": pa.string()})
        )
