"""Manifests: tables of clips and labels, read into examples."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mien.errors import RecipeError
from mien.recipe import Source
from mien.registry import closest
from mien.types import Clip, Example, Float32, Task

_CONTENT = ("audio", "image", "video", "text")


def data_root(given: Path | None = None) -> Path:
    """Where the data sets lie: the argument, else ``MIEN_DATA``, else ``../shared/data``.

    Raises:
        RecipeError: if there is no such folder.
    """
    root = given or Path(os.environ.get("MIEN_DATA", "../shared/data"))
    if not root.is_dir():
        raise RecipeError(f"there is no data folder '{root}'; name it with --data-root or MIEN_DATA")
    return root


def read(source: Source, tasks: Sequence[Task], root: Path) -> list[Example]:
    """All usable examples of one source, in the order of its manifest.

    Raises:
        RecipeError: a missing manifest or column, or a label the task does not have.
    """
    path = root / source.manifest
    if not path.is_file():
        raise RecipeError(f"data set '{source.name}' has no manifest at '{path}'")
    if source.content not in _CONTENT:
        raise RecipeError(f"data set '{source.name}': content must be one of {', '.join(_CONTENT)}")
    task = next((t for t in tasks if t.name == source.task), None)
    if task is None:
        raise RecipeError(f"data set '{source.name}' is for the task '{source.task}', which the recipe does not have")
    for label in [*source.labels.values(), *source.votes.values()]:
        if label not in task.labels:
            raise RecipeError(f"data set '{source.name}': no label '{label}'; {closest(label, list(task.labels))}")
    return [e for e in _examples(source, task, path) if e is not None]


def _examples(source: Source, task: Task, path: Path) -> Iterator[Example | None]:
    for number, row in enumerate(_rows(path)):
        if number == 0:
            _check_columns(source, row)
        if all(str(row.get(k)) == v for k, v in source.where.items()):
            yield _example(source, task, path.parent, number, row)


def _rows(path: Path) -> Iterator[Mapping[str, Any]]:
    if path.suffix == ".parquet":
        from pyarrow import parquet

        for batch in parquet.ParquetFile(path).iter_batches(2048):
            yield from batch.to_pylist()
        return
    with path.open(newline="", encoding="utf-8-sig") as file:
        yield from csv.DictReader(file)


def _check_columns(source: Source, row: Mapping[str, Any]) -> None:
    for column in [source.column, "split", *source.where, *source.votes]:
        if column not in row:
            raise RecipeError(f"the manifest of '{source.name}' has no column '{column}'; {closest(column, list(row))}")


def _example(source: Source, task: Task, folder: Path, number: int, row: Mapping[str, Any]) -> Example | None:
    split = source.splits.get(row["split"], row["split"])
    labels = [source.labels[x] for x in str(row[source.column]).split("|") if x in source.labels]
    # Votes are soft targets to learn from; a test is judged by the published hard labels.
    if source.votes and split == source.train:
        target = _vote_shares(source, task, row)
    elif labels:
        target = _shares(task, dict.fromkeys(labels, 1.0))
    else:
        target = None
    if target is None:
        return None
    group = row.get("speaker") or None
    clip = _clip(source, folder, f"{source.name}/{row.get('id') or number}", row, group)
    return Example(clip, {task.name: target}, group, split, source.name)


def _vote_shares(source: Source, task: Task, row: Mapping[str, Any]) -> Float32 | None:
    votes = dict.fromkeys(source.votes.values(), 0.0)
    for column, label in source.votes.items():
        count = float(row[column])
        # A single vote is noise: dropped, as Barsoum et al. 2016 (arXiv 1608.01041) do.
        votes[label] += count if count > 1 else 0.0
    return _shares(task, votes) if sum(votes.values()) else None


def _shares(task: Task, amounts: Mapping[str, float]) -> Float32:
    target = np.asarray([amounts.get(label, 0.0) for label in task.labels], np.float32)
    return target / target.sum() if task.kind == "single" else target


def _clip(source: Source, folder: Path, name: str, row: Mapping[str, Any], speaker: str | None) -> Clip:
    if source.content == "text":
        return Clip(name, text=row.get("text") or None, speaker=speaker)
    path = folder / str(row["path"])
    place = int(row["row"]) if path.suffix == ".parquet" else None
    if source.content == "image":
        return Clip(name, image=path, speaker=speaker, row=place)
    if source.content == "video":
        return Clip(name, video=path, speaker=speaker)
    return Clip(name, audio=path, speaker=speaker)
