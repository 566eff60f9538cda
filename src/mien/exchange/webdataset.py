"""WebDataset (https://github.com/webdataset/webdataset): .tar shards whose samples are files with one name and several endings.

A sample is ``<number>.json`` (the row, the draft and the votes) with its file, such as ``<number>.wav``. A part of a recording
becomes its sound, because a whole recording in every sample would make the shards huge.
"""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from mien.data.manifest import FILES
from mien.data.shards.webdataset import KINDS, LABELS, file_name, samples, table_of
from mien.errors import InputError
from mien.exchange.items import Item, LeftOut, text_of, vote_from, vote_table
from mien.runtime.cache import replacing, write_atomic

_SHARD = 1000  # samples in a shard


def read(source: Path, unpack: Path, left_out: LeftOut) -> Iterator[Item]:
    """The samples of one shard, or of all in a folder. Their files are written to ``unpack``.

    Raises:
        InputError: there are no shards, or one cannot be read.
    """
    shards = sorted(source.glob("*.tar")) if source.is_dir() else [source]
    if not shards or not shards[0].is_file():
        raise InputError(f"'{source}' holds no .tar; name a shard of WebDataset, or a folder of them")
    unpack.mkdir(parents=True, exist_ok=True)
    for number, shard in enumerate(shards):
        try:
            for key, parts in samples(shard):
                yield _item(f"{number}-{key.replace('/', '-')}", parts, unpack, left_out)
        except (tarfile.TarError, ValueError) as error:
            raise InputError(f"'{shard}' is no shard of WebDataset: {error}") from error


def write(items: Sequence[Item], out: Path, task: str, left_out: LeftOut) -> None:
    """Writes shards ``<split>-000000.tar`` into a folder. The same items give the same bytes."""
    out.mkdir(parents=True, exist_ok=True)
    splits = dict.fromkeys(text_of(item.row.get("split")) for item in items)
    for split in splits:
        mine = [item for item in items if text_of(item.row.get("split")) == split]
        for first in range(0, len(mine), _SHARD):
            with _shard(out / f"{split or 'all'}-{first // _SHARD:06d}.tar") as archive:
                for number, item in enumerate(mine[first : first + _SHARD], start=first):
                    for ending, content in _parts(item, left_out).items():
                        _put(archive, f"{number:08d}.{ending}", content)


@contextmanager
def _shard(path: Path) -> Iterator[tarfile.TarFile]:
    with replacing(path) as file, tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        yield archive


def _put(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    about = tarfile.TarInfo(name)
    about.size = len(content)
    archive.addfile(about, io.BytesIO(content))


def _parts(item: Item, left_out: LeftOut) -> dict[str, bytes]:
    row = {name: value for name, value in item.row.items() if name not in (*FILES, "start", "end", "row")}
    found: dict[str, bytes] = {}
    media = item.media
    if media is not None and item.row.get("row") not in (None, ""):
        left_out["a picture inside a table"] += 1
    elif media is not None and item.span is None:
        found[media[1].suffix.lower().lstrip(".") or "bin"] = media[1].read_bytes()
    elif media is not None:
        found |= _cut(item, left_out)
    table = {"row": row, "draft": dict(item.draft), "votes": [vote_table(vote) for vote in item.votes]}
    return {"json": json.dumps(table, ensure_ascii=False).encode(), **found}


def _cut(item: Item, left_out: LeftOut) -> dict[str, bytes]:
    """The sound of a part of a recording."""
    from mien.media.decoding.open import probe
    from mien.media.decoding.sound import read_audio
    from mien.media.encoding.wav import wav
    from mien.types import Span

    kind, path = item.media or ("", Path())
    if kind == "video":
        left_out["the picture of a part of a video; its sound is there"] += 1
    if not probe(path).has_audio or item.span is None:
        return {}
    return {"wav": wav(read_audio(path, Span(*item.span)).samples)}


def _item(key: str, parts: Mapping[str, bytes], unpack: Path, left_out: LeftOut) -> Item:
    row, table = table_of(parts)
    clip = text_of(row.get("id")) or key
    for ending, content in parts.items():
        kind = KINDS.get(ending.rpartition(".")[2])
        if kind:
            path = unpack / f"{file_name(key)}.{ending}"
            write_atomic(path, content)
            row[kind] = path.resolve().as_posix()
        elif ending not in LABELS and ending != "json":
            left_out[f"a part of a sample with the ending '.{ending}'"] += 1
    votes = tuple(vote_from(clip, vote) for vote in table.get("votes", ()))
    return Item({**row, "id": clip}, table.get("draft", {}), votes)
