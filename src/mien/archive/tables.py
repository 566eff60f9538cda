"""Makes the Parquet tables of a folder of results from the files of its clips. Each part is a whole file or nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mien.archive.folder import PARTS, Results, part_of
from mien.report import segments
from mien.runtime.cache import replacing, write_atomic

if TYPE_CHECKING:
    import pyarrow

_ROWS = 50_000  # of one group of rows: what is in memory at a time
CLIPS_SCHEMA = "mien.clips/1"


@cache
def clips_schema() -> pyarrow.Schema:
    """The columns of the table of clips.

    source (name of the clip), duration (seconds), task, label, probability, scores, valence, arousal, segments, uncertain and
    conflicts (how many segments), people (how many), notices (codes), bundle. What is absent is null.
    """
    import pyarrow as pa

    text, number, whole = pa.string(), pa.float64(), pa.int32()
    columns = {"source": text, "duration": number, "task": text, "label": text, "probability": number}
    columns |= {"scores": pa.map_(text, number), "valence": number, "arousal": number}
    columns |= {"segments": whole, "uncertain": whole, "conflicts": whole, "people": whole}
    return pa.schema(columns | {"notices": pa.list_(text), "bundle": text}, {"schema": CLIPS_SCHEMA})


def stale_parts(results: Results) -> list[str]:
    """The parts whose clips have changed since they were made."""
    state = _state(results)
    before = _made(results)
    whole = [p for p in state if all(file.is_file() for file in _files(results, p))]
    # A part that nothing belongs to any more is stale as well: it was made, and has no state now.
    return [p for p in PARTS if before.get(p) != state.get(p) or (p in state and p not in whole)]


def mark_made(results: Results) -> None:
    """Remembers that all parts are as the clips are now."""
    write_atomic(results.root / ".made.json", json.dumps(_state(results)))


def write_part(results: Results, part: str) -> None:
    """Writes one part of both tables, or removes it where no clip belongs to it.

    Raises:
        InputError: the file of a clip is damaged.
    """
    from pyarrow import Table

    names = results.names(part)
    rows = (row for name in names for row in segments.rows(_shown(name), results.timeline(name)))
    of_clips = (_clip(_shown(name), results.timeline(name)) for name in names)
    into, clips = _files(results, part)
    if not names:
        into.unlink(missing_ok=True)
        clips.unlink(missing_ok=True)
        return
    _write(into, segments.schema(), (segments.table(group) for group in _groups(rows)))
    _write(clips, clips_schema(), (Table.from_pylist(group, clips_schema()) for group in _groups(of_clips)))


def _files(results: Results, part: str) -> tuple[Path, Path]:
    name = f"part-{part}.parquet"
    return results.root / "segments" / name, results.root / "read" / name


def _write(path: Path, schema: pyarrow.Schema, tables: Iterable[pyarrow.Table]) -> None:
    from pyarrow import parquet

    with replacing(path) as file, parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        for table in tables:
            writer.write_table(table)


def _groups(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    group: list[dict[str, Any]] = []
    for row in rows:
        group.append(row)
        if len(group) == _ROWS:
            yield group
            group = []
    yield group


def _clip(name: str, timeline: Mapping[str, Any]) -> dict[str, Any]:
    summary, found = timeline["summary"], timeline["segments"]
    return {
        **{"source": name, "duration": timeline["duration"], "task": timeline["task"], "label": summary["label"]},
        **{"probability": summary["scores"].get(summary["label"]), "scores": list(summary["scores"].items())},
        **{"valence": summary["valence"], "arousal": summary["arousal"], "segments": len(found)},
        "uncertain": sum(s["uncertain"] for s in found),
        "conflicts": sum(s["conflict"] is not None for s in found),
        "people": len({s["who"] for s in found} - {None}),
        "notices": [notice["code"] for notice in timeline["notices"]],
        "bundle": timeline["bundle"]["name"],
    }


def _shown(name: str) -> str:
    """A name as text. That of a file may hold any bytes."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _made(results: Results) -> dict[str, str]:
    try:
        found: dict[str, str] = json.loads((results.root / ".made.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def _state(results: Results) -> dict[str, str]:
    """{part: a hash of the names, sizes and times of its files of clips}."""
    sums: dict[str, Any] = {}
    for name in results.names():
        told = results.file(name).stat()
        line = f"{name}\0{told.st_size}\0{told.st_mtime_ns}\n"
        sums.setdefault(part_of(name), hashlib.sha256()).update(line.encode("utf-8", "surrogateescape"))
    return {part: digest.hexdigest() for part, digest in sums.items()}
