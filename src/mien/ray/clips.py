"""Reads the clips of a Ray data set on all machines of a cluster, one worker process for each actor.

Ray schedules, retries what a lost machine had begun, and streams. A clip that ends its worker process ends no actor, because
the process is the one of ``mien.archive``: such a clip is tried twice and then reported, as on one machine.
"""

from __future__ import annotations

import json
import posixpath
import tempfile
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mien.archive.folder import Reading
from mien.archive.work import CRASHED, MEMORY, crew_of
from mien.errors import InputError
from mien.report import segments
from mien.runtime.crew import Crashed
from mien.runtime.extras import needs_ray
from mien.runtime.messages import Table

if TYPE_CHECKING:
    import pyarrow
    from pyarrow.fs import FileSystem
    from ray.data import Dataset

_SCHEME = "://"


def analyze(
    clips: Dataset,
    out: str | None = None,
    *,
    reading: Reading | None = None,
    concurrency: int | tuple[int, int] = 1,
    num_cpus: float = 1.0,
    num_gpus: float | None = None,
    memory: float = MEMORY,
    filesystem: FileSystem | None = None,
) -> Dataset:
    """The segments of clips, as a lazy data set: one row a segment, `mien.segments/1`.

    Args:
        clips: rows with ``path`` and ``bytes``, as ``ray.data.read_binary_files(..., include_paths=True)`` gives, or with
            ``path`` alone, which is then read through ``pyarrow.fs`` (local, s3://, gs://, hdfs://).
        out: a folder, local or of such a file system, that all machines reach. Each clip leaves its JSON below ``clips``, or a
            line below ``skipped`` that says why not. A clip that is there is not read again. ``None`` keeps nothing.
        reading: how clips are read; ``None`` for the usual way.
        concurrency: how many actors, or from how many to how many. Each has one bundle in memory.
        num_cpus, num_gpus: of each actor.
        memory: GB of data that an actor's worker process may hold.
        filesystem: of ``out`` and of the paths; ``None`` takes the one that an address names.

    Raises:
        InputError: Ray is not installed, or the clips have no ``path``.
    """
    needs_ray()
    columns = clips.columns() or []
    if "path" not in columns:
        raise InputError("clips need the column 'path'; read them with read_binary_files(..., include_paths=True)")
    told = asdict(reading or Reading())
    return clips.map_batches(
        Reader,
        fn_constructor_args=(told, out, memory, num_cpus, filesystem),
        batch_size=1,
        batch_format="pyarrow",
        concurrency=concurrency,
        num_cpus=num_cpus,
        **({} if num_gpus is None else {"num_gpus": num_gpus}),
    )


class Reader:
    """What an actor does: it reads one clip after another, in a worker process of its own.

    Args:
        reading: the fields of a ``Reading``.
        out, memory, filesystem: see ``analyze``.
        cpus: how many the actor has.
    """

    def __init__(
        self, reading: dict[str, Any], out: str | None, memory: float, cpus: float, filesystem: FileSystem | None
    ) -> None:
        self._crew = crew_of(Reading(**reading), memory, 1, max(1, int(cpus)))
        self._out, self._filesystem = out, filesystem

    def __call__(self, batch: pyarrow.Table) -> pyarrow.Table:
        """The segments of some clips."""
        rows = [row for clip in batch.to_pylist() for row in self._rows(clip["path"], clip.get("bytes"))]
        return segments.table(rows)

    def __del__(self) -> None:
        self._crew.close()

    def _rows(self, path: str, content: bytes | None) -> list[dict[str, Any]]:
        name = name_of(path)
        found = self._kept(name)
        if found is None:
            if content is None:
                content = self._get(path)
            found = self._read(name, content)
        return [] if found is None else list(segments.rows(name, json.loads(found)))

    def _read(self, name: str, content: bytes) -> bytes | None:
        """The JSON of a clip; ``None`` where it cannot be read."""
        with tempfile.TemporaryDirectory(prefix="mien-ray-") as folder:
            clip, file = Path(folder) / posixpath.basename(name), Path(folder) / "out" / "clip.json"
            clip.write_bytes(content)
            why, _ = self.carried_out({"clip": str(clip), "file": str(file)})
            found = file.read_bytes() if not why else None
        if found is not None:
            self._put(f"clips/{name}.json", found)
        else:
            self._put(f"skipped/{name}.json", json.dumps({"source": name, "why": why}, ensure_ascii=False).encode())
        return found

    def carried_out(self, order: Table) -> tuple[str, float]:
        """Gives the worker process an order: why the clip could not be read, or "", and its length in seconds."""
        why, duration = "", 0.0
        with closing(self._crew.perform([order])) as told:
            for _, message in told:
                why = CRASHED if isinstance(message, Crashed) else message.get("failed", "")
                duration = 0.0 if isinstance(message, Crashed) else message.get("end", 0.0)
        return why, duration

    def _kept(self, name: str) -> bytes | None:
        """The JSON that an earlier run left; ``None`` without one."""
        if self._out is None:
            return None
        system, root = self._system(self._out)
        try:
            with system.open_input_stream(f"{root}/clips/{name}.json", compression=None) as file:
                found: bytes = file.read()
        except FileNotFoundError:
            return None
        return found

    def _get(self, path: str) -> bytes:
        system, place = self._system(path)
        with system.open_input_stream(place, compression=None) as file:
            content: bytes = file.read()
        return content

    def _put(self, name: str, content: bytes) -> None:
        """Writes a file of ``out``, whole or not at all: an object store does so anyway, elsewhere a draft takes its place."""
        if self._out is None:
            return
        system, root = self._system(self._out)
        final = f"{root}/{name}"
        store = system.type_name in ("s3", "gcs", "abfs")
        draft = final if store else f"{final}.draft-{id(self)}"
        if not store:
            system.create_dir(posixpath.dirname(final), recursive=True)
        with system.open_output_stream(draft, compression=None) as file:
            file.write(content)
        if not store:
            system.move(draft, final)

    def _system(self, path: str) -> tuple[FileSystem, str]:
        from pyarrow.fs import FileSystem, LocalFileSystem

        if self._filesystem is not None:
            return self._filesystem, path.partition(_SCHEME)[2] or path
        if _SCHEME in path:
            found: tuple[FileSystem, str] = FileSystem.from_uri(path)
            return found
        return LocalFileSystem(), str(Path(path).absolute())


def name_of(path: str) -> str:
    """The name of a clip in results: its path without the scheme and what leads to the root."""
    return (path.partition(_SCHEME)[2] or path).lstrip("/").replace("../", "")
