"""Hugging Face `datasets`: a folder of Parquet with one file for each split, as ``datasets.load_dataset(folder)`` reads it.

Also read: a single .parquet file, and the folder that ``Dataset.save_to_disk`` or ``DatasetDict.save_to_disk`` writes. Sounds
and pictures inside the tables ({"bytes": ..., "path": ...}) are written out as files. Numbers of a ``ClassLabel`` become its
names.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mien.data.manifest import FILES
from mien.errors import InputError
from mien.exchange.items import Item, LeftOut, relative, text_of, vote_from, vote_table
from mien.runtime.cache import fill_atomic, write_atomic
from mien.runtime.extras import needs_exchange

_SPLITS = {"train": "train", "valid": "validation", "test": "test", "": "train"}
_BACK = {"validation": "valid", "dev": "valid"}
_VOTES, _DRAFT = "votes", "draft_scores"
_ENDINGS = {
    b"RIFF": ".wav",
    b"\x89PNG": ".png",
    b"\xff\xd8\xff": ".jpg",
    b"fLaC": ".flac",
    b"OggS": ".ogg",
    b"ID3": ".mp3",
}


def read(source: Path, unpack: Path, left_out: LeftOut) -> Iterator[Item]:
    """The rows of all splits. A column "image" or "audio" with bytes becomes files in ``unpack``.

    Raises:
        InputError: there is no such data set, or it cannot be read.
    """
    needs_exchange("pyarrow")
    import pyarrow

    number = 0
    try:
        for split, table in _tables(source):
            names = _class_names(table.schema)
            for batch in table.to_batches():
                for row in batch.to_pylist():
                    yield _item(row, split, names, source, unpack, number, left_out)
                    number += 1
    except pyarrow.ArrowException as error:
        raise InputError(f"'{source}' cannot be read as a data set: {error}") from error
    if not number:
        raise InputError(f"'{source}' holds no .parquet or .arrow files with rows")


def write(items: Sequence[Item], out: Path, task: str, left_out: LeftOut) -> None:
    """Writes ``data/<split>-00000-of-00001.parquet`` for each split. Paths are relative to the folder; files are not copied."""
    needs_exchange("pyarrow")
    from pyarrow import Table, parquet

    by_split: dict[str, list[Item]] = defaultdict(list)
    for item in relative(items, out):
        split = text_of(item.row.get("split"))
        by_split[_SPLITS.get(split, split)].append(item)
    columns = list(dict.fromkeys(name for item in items for name in item.row))
    folder = out / "data"
    folder.mkdir(parents=True, exist_ok=True)
    for split, mine in by_split.items():
        table = Table.from_pylist([_row(item, columns) for item in mine], schema=_schema(columns))
        fill_atomic(folder / f"{split}-00000-of-00001.parquet", lambda file, t=table: parquet.write_table(t, file))  # type: ignore[misc]  # a default of any type


def _row(item: Item, columns: Sequence[str]) -> dict[str, Any]:
    row: dict[str, Any] = {name: text_of(item.row.get(name)) or None for name in columns}
    votes = [vote_table(vote) for vote in item.votes]
    row[_VOTES] = [{**vote, "labels": _pairs(vote["labels"])} for vote in votes]
    return {**row, _DRAFT: _pairs(item.draft)}


def _pairs(amounts: Mapping[str, float]) -> list[dict[str, Any]]:
    return [{"label": label, "weight": weight} for label, weight in amounts.items()]


def _schema(columns: Sequence[str]) -> Any:
    import pyarrow as pa

    pairs = pa.list_(pa.struct([("label", pa.string()), ("weight", pa.float64())]))
    texts = ("annotator", "words", "comment", "purpose", "time", "undone")
    numbers = ("valence", "arousal", "start", "end", "seconds")
    vote = [*((n, pa.string()) for n in texts), *((n, pa.float64()) for n in numbers)]
    vote += [
        ("labels", pairs),
        ("round", pa.int64()),
        ("cannot_tell", pa.bool_()),
        ("drafts_shown", pa.bool_()),
        ("shown", pa.list_(pa.string())),
    ]
    fields = [(name, pa.string()) for name in columns if name not in (_VOTES, _DRAFT)]
    return pa.schema([*fields, (_VOTES, pa.list_(pa.struct(vote))), (_DRAFT, pairs)])


def _tables(source: Path) -> Iterator[tuple[str, Any]]:
    """Each file with the split that it belongs to; "" where its name tells none."""
    from pyarrow import ipc, parquet

    if source.is_file():
        yield "", parquet.read_table(source)
        return
    for path in sorted(source.rglob("*.parquet")):
        yield _split(path.stem.partition("-")[0]), parquet.read_table(path)
    for path in sorted(source.rglob("*.arrow")):
        state = path.parent / "state.json"
        named = json.loads(state.read_text(encoding="utf-8")).get("_split") if state.is_file() else None
        with path.open("rb") as file:
            yield _split(named or ""), ipc.open_stream(file).read_all()


def _split(name: str) -> str:
    name = _BACK.get(name, name)
    return name if name in ("train", "valid", "test") else ""


def _class_names(schema: Any) -> dict[str, list[str]]:
    """{column: names of its numbers}, as the metadata of `datasets` state them."""
    told = (schema.metadata or {}).get(b"huggingface")
    features = json.loads(told).get("info", {}).get("features", {}) if told else {}
    return {name: f["names"] for name, f in features.items() if isinstance(f, dict) and f.get("_type") == "ClassLabel"}


def _item(
    row: dict[str, Any],
    split: str,
    names: Mapping[str, Sequence[str]],
    source: Path,
    unpack: Path,
    number: int,
    left_out: LeftOut,
) -> Item:
    found: dict[str, Any] = {}
    votes, draft = row.pop(_VOTES, None), row.pop(_DRAFT, None)
    for name, value in row.items():
        if name in FILES and value is not None:
            found[name] = _file(value, source, unpack, f"{split or 'row'}-{number}")
        elif isinstance(value, int) and name in names:
            found[name] = names[name][value] if value >= 0 else ""
        elif isinstance(value, list | dict | bytes):
            left_out[f"the column '{name}', which holds no single value"] += 1
        else:
            found[name] = value
    found.setdefault("split", split)
    found["id"] = text_of(found.get("id")) or str(number)
    ours = votes if isinstance(votes, list) and all(isinstance(v, dict) and "annotator" in v for v in votes) else []
    cast = tuple(vote_from(found["id"], {**v, "labels": _amounts(v.get("labels"))}) for v in ours)
    return Item(found, _amounts(draft), cast)


def _amounts(pairs: Any) -> dict[str, float]:
    return {p["label"]: float(p["weight"]) for p in pairs or ()}


def _file(value: Any, source: Path, unpack: Path, name: str) -> str:
    """The path of a file: as the cell states it, or of the bytes in the cell, written out."""
    if isinstance(value, str):
        return ((source if source.is_dir() else source.parent) / value).resolve().as_posix()
    content, path = value.get("bytes"), value.get("path")
    if content is None:
        return (source / path).resolve().as_posix() if path else ""
    ending = Path(path or "").suffix or next((e for head, e in _ENDINGS.items() if content.startswith(head)), ".bin")
    unpack.mkdir(parents=True, exist_ok=True)
    write_atomic(unpack / f"{name}{ending}", content)
    return (unpack / f"{name}{ending}").resolve().as_posix()
