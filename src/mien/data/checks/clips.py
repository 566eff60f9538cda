"""Checks one row of a manifest: what it has, and why it cannot be used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from mien.data.checks.training import Reads
from mien.data.manifest import FILES
from mien.data.own import SPLIT_NAMES
from mien.data.rows import Row
from mien.data.values import row_number, score_for, span, vote_columns, votes_for
from mien.emotions import canonical
from mien.errors import InputError, MediaError, closest
from mien.media.decoding.open import MediaInfo, probe
from mien.types import MODALITIES, Modality, Task

_PAST_THE_END = 0.5  # seconds; a span may end this much later than the file does by its header


@dataclass(frozen=True)
class CheckedClip:
    """What the check finds in a row.

    ``part`` holds its columns row, start and end. ``faults`` are pairs of kind and reason. ``stated`` tells whether it names
    a split. ``unread`` tells whether it has a text that the recipe's encoder cannot use.
    """

    id: str
    split: str
    speaker: str
    text: str
    files: Mapping[str, Path]
    part: tuple[str, ...]
    modalities: tuple[Modality, ...]
    labels: Mapping[str, tuple[str, ...]]
    faults: Sequence[tuple[str, str]]
    stated: bool
    unread: bool


def look(row: Row, number: int, folder: Path, tasks: Sequence[Task], reads: Reads | None) -> CheckedClip:
    """Checks one row. Its files are opened but not decoded."""
    faults: list[tuple[str, str]] = []
    files = {name: folder / text_of(row, name) for name in FILES if text_of(row, name)}
    infos = {name: info for name, path in files.items() if (info := _opened(row, name, path, faults)) is not None}
    split = text_of(row, "split")
    if split and split not in SPLIT_NAMES:
        faults.append(("split", f"there is no split '{split}'; {closest(split, list(SPLIT_NAMES))}"))
    text = text_of(row, "text").strip()
    unread = bool(text) and reads is not None and not reads(text)
    has = _modalities(text if not unread else "", infos)
    if unread and not has:
        faults.append(("not read", "the recipe's encoder makes nothing of its text"))
    elif not has and len(infos) == len(files):
        faults.append(("nothing in it", "it has no text, no sound and no picture"))
    _check_span(row, infos, faults)
    for task in tasks:
        try:
            votes_for(row, vote_columns(task, row))
        except ValueError as error:
            faults.append(("votes", str(error)))
    return CheckedClip(
        text_of(row, "id") or str(number),
        SPLIT_NAMES.get(split, ""),
        text_of(row, "speaker").strip(),
        text,
        files,
        tuple(text_of(row, name) for name in ("row", "start", "end")),
        has,
        {task.name: _labels(task, text_of(row, task.name), faults) for task in tasks},
        faults,
        bool(split),
        unread,
    )


def text_of(row: Row, column: str) -> str:
    """A value of a row as text; "" when it is absent."""
    value: Any = row.get(column)
    return "" if value is None else str(value)


def _opened(row: Row, column: str, path: Path, faults: list[tuple[str, str]]) -> MediaInfo | None:
    if not path.is_file():
        faults.append(("missing file", f"there is no file '{path}'"))
        return None
    try:
        if path.suffix == ".parquet":
            return _picture_in(path, row_number(row.get("row")))
        info = _probed(path)
    except (InputError, ValueError) as error:
        faults.append(("unreadable file", str(error)))
        return None
    wrong = {"audio": not info.has_audio, "video": info.kind != "video", "image": info.kind != "image"}[column]
    if wrong:
        what = {"audio": "sound", "video": "moving picture", "image": "still picture"}[column]
        faults.append(("wrong kind of file", f"'{path}' in the column '{column}' has no {what}"))
        return None
    return info


@lru_cache(maxsize=100_000)
def _probed(path: Path) -> MediaInfo:
    return probe(path)


def _picture_in(path: Path, row: int) -> MediaInfo:
    count = _rows_in(path)
    if row >= count:
        raise MediaError(f"'{path}' has no picture '{row}'; its rows are numbered from 0 to {count - 1}")
    return MediaInfo("image", 0.0)


@cache
def _rows_in(path: Path) -> int:
    from pyarrow import parquet

    try:
        return int(parquet.ParquetFile(path).metadata.num_rows)
    except (ValueError, OSError) as error:
        raise MediaError(f"'{path}' is no Parquet file that can be read") from error


def _modalities(text: str, infos: Mapping[str, MediaInfo]) -> tuple[Modality, ...]:
    sound = "audio" in infos or ("video" in infos and infos["video"].has_audio)
    has = {"text": bool(text), "voice": sound, "face": "image" in infos or "video" in infos}
    return tuple(m for m in MODALITIES if has[m])


def _check_span(row: Row, infos: Mapping[str, MediaInfo], faults: list[tuple[str, str]]) -> None:
    try:
        part = span(row.get("start"), row.get("end"))
    except ValueError as error:
        faults.append(("span", str(error)))
        return
    if part is None:
        return
    for name, info in infos.items():
        # When the header names no length, the end cannot be checked.
        if info.kind != "image" and info.duration and part.end > info.duration + _PAST_THE_END:
            faults.append(("span", f"it ends at {part.end:g} s, and the {name} at {info.duration:.1f} s"))
    if part.start < 0 or part.duration == 0:
        faults.append(("span", f"{part.start:g} to {part.end:g} s is no stretch of the file"))


def _labels(task: Task, value: str, faults: list[tuple[str, str]]) -> tuple[str, ...]:
    """The labels of a row, as the task calls them. A task without labels takes any label."""
    if not value:
        return ()
    if task.kind == "score":
        return _score(task, value, faults)
    found = []
    for part in value.split("|"):
        label = canonical(part, task.labels) if task.labels else part
        if label is None:
            hint = closest(part.strip().casefold(), list(task.labels))
            faults.append(("unknown label", f"'{part}' is no label of '{task.name}'; {hint}"))
        else:
            found.append(label)
    return tuple(found)


def _score(task: Task, value: str, faults: list[tuple[str, str]]) -> tuple[str, ...]:
    try:
        number = score_for(task, value)
    except ValueError as error:
        faults.append(("unknown label", str(error)))
        return ()
    return ("below 0" if number < 0 else "above 0" if number > 0 else "0",)
