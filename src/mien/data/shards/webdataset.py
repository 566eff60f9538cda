"""WebDataset (https://github.com/webdataset/webdataset): .tar shards whose samples are files with one name and several endings.

A sample is ``<key>.json`` (its row) with its file, such as ``<key>.wav``, and features, such as ``<key>.voice.npy``. ``.cls``
is a label, ``.txt`` the words.
"""

from __future__ import annotations

import io
import itertools
import json
import tarfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from mien.runtime.cache import cached_folder, content_of, write_atomic
from mien.types import Float32

KINDS = {
    **dict.fromkeys(("jpg", "jpeg", "png", "webp", "ppm"), "image"),
    **dict.fromkeys(("wav", "flac", "mp3", "ogg", "m4a", "opus"), "audio"),
    **dict.fromkeys(("mp4", "mov", "webm", "mkv", "avi"), "video"),
}
"""{ending: the column of a manifest that names such a file}."""

LABELS = {"cls": "label", "txt": "text", "text": "text"}
"""{ending of a file with one value: its column}."""

_LARGEST = 4_000_000_000  # bytes of one file in a shard
_ROWS = "rows.jsonl"


def samples(shard: Path) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Each sample: its key and {ending: content}. Files of one sample lie beside one another.

    Raises:
        tarfile.TarError, ValueError: it is no shard, or a file in it is too large.
    """
    key, parts = "", dict[str, bytes]()
    with tarfile.open(shard) as archive:
        for member in archive:
            if not member.isfile():
                continue
            if member.size > _LARGEST:
                raise ValueError(f"'{member.name}' is too large")
            place = PurePosixPath(member.name)
            stem, _, ending = place.name.partition(".")
            mine = (place.parent / stem).as_posix()
            if parts and mine != key:
                yield key, parts
                parts = {}
            file = archive.extractfile(member)
            key, parts[ending.lower()] = mine, file.read() if file else b""
    if parts:
        yield key, parts


def table_of(parts: Mapping[str, bytes]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The plain values of a sample's row, and {"row", "draft", "votes"} where mien wrote the sample; empty where it did not."""
    table: dict[str, Any] = json.loads(parts["json"]) if "json" in parts else {}
    ours = isinstance(table, dict) and set(table) == {"row", "draft", "votes"}
    row = table["row"] if ours else {k: v for k, v in table.items() if isinstance(v, str | int | float)}
    labels = {LABELS[e]: content.decode("utf-8").strip() for e, content in parts.items() if e in LABELS}
    return {**row, **labels}, table if ours else {}


def file_name(key: str) -> str:
    """A key as the name of a file: whatever a shard calls its samples, nothing is written outside of the folder."""
    return "".join(c if c.isalnum() or c in "-_" else "_" for c in key)[:120]


def rows(shard: Path) -> Iterator[dict[str, Any]]:
    """The samples of a shard as rows of a manifest. Their files are unpacked into the cache, once.

    Raises:
        tarfile.TarError, ValueError, OSError: it is no shard.
    """
    folder = _unpacked(shard)
    with (folder / _ROWS).open(encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            yield {name: str(folder / v) if name in row["files"] else v for name, v in row["row"].items()}


def arrays(shard: Path, name: str) -> Sequence[Float32]:
    """The features ``<key>.<name>.npy`` of each sample of a shard, float32 (T, D); without rows where a sample has none.

    Raises:
        KeyError: no sample has such a file.
    """
    folder = _unpacked(shard)
    place = folder / f"{file_name(name)}.values.npy"
    if not place.is_file():
        raise KeyError(name)
    values, ends = np.load(place), np.load(folder / f"{file_name(name)}.ends.npy")
    return [values[a:b] for a, b in itertools.pairwise(ends)]


def _unpacked(shard: Path) -> Path:
    return cached_folder(f"unpacked/{content_of(shard)[:24]}", partial(_unpack, shard=shard))


def _unpack(draft: Path, shard: Path) -> None:
    lines: list[str] = []
    found: dict[str, dict[int, Float32]] = defaultdict(dict)
    for number, (key, parts) in enumerate(samples(shard)):
        row, _ = table_of(parts)
        files = {}
        for ending, content in parts.items():
            kind = KINDS.get(ending.rpartition(".")[2])
            if kind:
                files[kind] = f"{number}-{file_name(key)}.{ending}"
                write_atomic(draft / files[kind], content)
            elif ending.endswith(".npy"):
                values = np.load(io.BytesIO(content), allow_pickle=False)
                found[ending.removesuffix(".npy")][number] = np.atleast_2d(values).astype(np.float32)
        row = {"id": key, **row, **files}
        lines.append(json.dumps({"row": row, "files": list(files)}, ensure_ascii=False))
    for name, given in found.items():
        sizes = [len(given[k]) if k in given else 0 for k in range(len(lines))]
        np.save(draft / f"{file_name(name)}.values.npy", np.concatenate(list(given.values())))
        np.save(draft / f"{file_name(name)}.ends.npy", np.concatenate([[0], np.cumsum(sizes)]))
    (draft / _ROWS).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
