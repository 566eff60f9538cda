"""Reads manifests, which are tables of clips and labels, into examples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from mien.data.dialogue import Place, places
from mien.data.pointers import features_of
from mien.data.readers.base import read_set
from mien.data.rows import Entry, Row, Tables, read_rows
from mien.data.shards.paths import files, several, split_in_name
from mien.data.split import Labelled, deal
from mien.data.values import Spellings, finite, row_number, span, votes_for
from mien.errors import RecipeError, closest
from mien.recipe.recipe import Source, Target
from mien.types import Clip, Example, Float32, Task

_T = TypeVar("_T")

FILES = ("video", "audio", "image")
"""Columns that hold paths. The paths are relative to the manifest's folder."""

FIELDS = ("id", *FILES, "row", "text", "start", "end", "speaker")
"""The standard columns of a clip. A manifest also has split, dialogue, turn, and one column for each task."""


def read(source: Source, tasks: Sequence[Task], root: Path) -> list[Example]:
    """All usable examples of one source, in the order of its manifest. For errors, see ``labelled`` and ``deal``."""
    return deal(source, labelled(source, tasks, root, Tables()))


def labelled(source: Source, tasks: Sequence[Task], root: Path, tables: Tables) -> list[Labelled]:
    """The usable rows of one source, in the order of its manifest.

    A row is usable when it fits ``where`` and has an answer to at least one task.

    Args:
        source: what to read, and how.
        tasks: the tasks of the answers.
        root: folder of the data sets.
        tables: reads each file once and keeps its rows.

    Raises:
        RecipeError: a manifest or a column is missing, two rows have the same id, or a task does not have a label.
    """
    check_source(source, tasks)
    entries = [entry for entry in _entries(source, root, tables) if wanted(source, entry.row)]
    check_ids(source, entries)
    return answered(source, tasks, root, entries, Spellings())


def check_source(source: Source, tasks: Sequence[Task]) -> None:
    """Refuse a source with a task, a label or a field of a clip that does not exist.

    Raises:
        RecipeError: there is one. The message names it.
    """
    known = {t.name: t for t in tasks}
    for name, target in source.targets.items():
        _check_target(source, name, target, known)
    for name in source.clip:
        if name not in FIELDS:
            raise RecipeError(f"data set '{source.name}': a clip has no '{name}'; {closest(name, list(FIELDS))}")


def wanted(source: Source, row: Row) -> bool:
    """Whether a row fits ``where``."""
    return all(str(row.get(column)) == value for column, value in source.where.items())


def answered(
    source: Source, tasks: Sequence[Task], root: Path, entries: Sequence[Entry], spelt: Spellings
) -> list[Labelled]:
    """The entries that have an answer to at least one task, as examples.

    ``spelt`` gives one spelling to each speaker and each group, so that no person is in two splits under two spellings.

    Raises:
        RecipeError: a value of a row has no meaning. The message names the row.
    """
    known = {t.name: t for t in tasks}

    def one(name: str | None) -> str | None:
        return spelt(name) if name is not None and name.strip() else None

    found = []
    for entry, place in zip(entries, places(source, entries), strict=True):
        taught, tested = _answers(source, known, entry)
        if taught or tested:
            example = _example(source, entry, place, root)
            group, speaker = one(example.group), one(example.clip.speaker)
            if (group, speaker) != (example.group, example.clip.speaker):
                example = replace(example, group=group, clip=replace(example.clip, speaker=speaker))
            found.append(Labelled(example, taught, tested))
    return found


def column(source: Source, name: str, root: Path, tables: Tables) -> dict[str, str]:
    """{id of the clip: value} of a column of a source's manifest. Rows without a value are left out.

    Raises:
        RecipeError: the manifest or the column is missing.
    """
    found = {}
    for number, entry in enumerate(_entries(source, root, tables)):
        if number == 0:
            _require(source, [name], entry.row)
        value = entry.row.get(name)
        if value is not None and value != "":
            found[id_of(source, entry)] = str(value)
    return found


def _check_target(source: Source, name: str, target: Target, known: Mapping[str, Task]) -> None:
    if name not in known:
        raise RecipeError(f"data set '{source.name}' is for the task '{name}', which the recipe does not have")
    labels = known[name].labels
    for label in [*target.labels.values(), *target.votes.values()]:
        if label not in labels:
            raise RecipeError(f"data set '{source.name}': no label '{label}'; {closest(label, list(labels))}")


def set_rows(source: Source, root: Path, tables: Tables) -> Sequence[Row]:
    """The rows that the reader of a public set gives."""
    return tables.rows(root / source.manifest, partial(read_set, source.reader, left_out=Counter()))


def _entries(source: Source, root: Path, tables: Tables) -> Iterator[Entry]:
    """The rows of all files. With several files, the part of the file name at {split} is the split of a row."""
    if source.reader:
        folder = root / source.manifest
        for number, row in enumerate(set_rows(source, root, tables)):
            if number == 0:
                _check_columns(source, row)
            yield Entry(folder, number, row, folder)
        return
    columns: set[str] = set()
    for path in files(source, root):
        for number, row in enumerate(tables.rows(path, read_rows)):
            if number == 0:
                columns |= row.keys()
            yield entry_of(source, path, number, row)
    # A task may be labelled in the file of one split only, so its column is looked for in all files together.
    _require(source, [t.column for t in source.targets.values() if t.column], columns)


def entry_of(source: Source, path: Path, number: int, row: Row) -> Entry:
    """A row of a file as an entry, in the split that the name of the file states, where it does.

    Raises:
        RecipeError: it is the first row, and a column is missing.
    """
    split = split_in_name(source.manifest, path)
    if number == 0:
        _check_columns(source, row, several=split is not None)
    return Entry(path, number, row if split is None else {**row, "split": split}, path.parent)


def _check_columns(source: Source, row: Row, several: bool = False) -> None:
    needed = [
        *filter(None, source.clip.values()),
        *source.where,
        *(f.present for f in source.features.values() if f.present),
    ]
    for name, target in source.targets.items():
        needed += [target.column or name, *target.votes] if target.votes or (target.column and not several) else []
    needed += [] if source.folds or source.divide or "" in source.splits or "{split}" in source.manifest else ["split"]
    needed += [source.group] if source.group else []
    needed += [source.dialogue, source.turn] if _ordered(source) else []
    _require(source, needed, row)


def check_ids(source: Source, entries: Sequence[Entry]) -> None:
    """Refuses equal ids in one split, because predictions are found by the id of their clip.

    Raises:
        RecipeError: there are two. The message names their rows.
    """
    # Otherwise each file is a split of its own.
    together = bool(source.divide or source.folds) or "*" in source.manifest
    owners: dict[tuple[Path | None, str], Entry] = {}
    for entry in entries:
        first = owners.setdefault((None if together else entry.path, id_of(source, entry)), entry)
        if first is not entry:
            raise RecipeError(
                f"{_place(first)} and {_place(entry)} have the same id "
                f"'{id_of(source, entry).removeprefix(f'{source.name}/')}'; give each row its own, or leave the ids out"
            )


def _place(entry: Entry) -> str:
    return f"row {entry.number + 1} of '{entry.path}'"


def _require(source: Source, needed: Iterable[str], columns: Collection[str]) -> None:
    for column in needed:
        if column not in columns:
            known = closest(column, list(columns))
            raise RecipeError(f"the manifest of '{source.name}' has no column '{column}'; {known}")


def _ordered(source: Source) -> bool:
    return bool(source.context) or any(f.around for f in source.features.values())


def _answers(
    source: Source, tasks: Mapping[str, Task], entry: Entry
) -> tuple[Mapping[str, Float32], Mapping[str, Float32]]:
    """The answers for training, and those for tests; see ``Labelled``."""
    tested = _known({name: _target(target, tasks[name], entry) for name, target in source.targets.items()})
    votes = _known({name: _vote_shares(t, tasks[name], entry) for name, t in source.targets.items() if t.votes})
    return {**tested, **votes}, tested


def _known(targets: Mapping[str, Float32 | None]) -> dict[str, Float32]:
    return {name: values for name, values in targets.items() if values is not None}


def _example(source: Source, entry: Entry, place: Place, root: Path) -> Example:
    """A row as an example in the split that the manifest states, without its answers."""
    stated = str(entry.row.get("split") or "")
    split = source.splits.get(stated, stated)
    clip = _clip(source, entry, place, root)
    group = entry.row.get(source.group) if source.group else clip.speaker
    return Example(clip, {}, None if group in (None, "") else str(group), split, source.name)


def _target(target: Target, task: Task, entry: Entry) -> Float32 | None:
    """The answer of a row to one task, float32 (L,); ``None`` when it has none."""
    column = target.column or task.name
    value = entry.row.get(column)
    if value is None or value == "":
        return None
    if task.kind == "score":
        return np.asarray([_said_of(entry, finite, column, value)], np.float32)
    names = target.labels or {label: label for label in task.labels}
    labels = [names[x] for x in str(value).split("|") if x in names]
    return _shares(task, dict.fromkeys(labels, 1.0)) if labels else None


def _vote_shares(target: Target, task: Task, entry: Entry) -> Float32 | None:
    votes = _said_of(entry, votes_for, entry.row, target.votes)
    return _shares(task, votes) if votes else None


def _shares(task: Task, amounts: Mapping[str, float]) -> Float32:
    target = np.asarray([amounts.get(label, 0.0) for label in task.labels], np.float32)
    return target / target.sum() if task.kind == "single" else target


def _clip(source: Source, entry: Entry, place: Place, root: Path) -> Clip:
    row = entry.row
    values = _standard(source, row)
    start, end = values.get("start"), values.get("end")
    files = {name: entry.folder / str(values[name]) for name in FILES if values.get(name) not in (None, "")}
    image = files.get("image")
    speaker = values.get("speaker", row.get("speaker"))
    return Clip(
        id_of(source, entry),
        **files,
        text=str(values["text"]) if values.get("text") else None,
        span=_said_of(entry, span, start, end),
        speaker=str(speaker) if speaker not in (None, "") else None,
        row=_said_of(entry, row_number, values.get("row"))
        if image is not None and image.suffix == ".parquet"
        else None,
        context=place.before,
        features=features_of(source, entry, place, root),
    )


def _standard(source: Source, row: Row) -> dict[str, Any]:
    """The values of the row for the fields of a clip."""
    columns = source.clip or ({f: f for f in FIELDS if f in row} if source.reader else {})
    return {name: row.get(column) for name, column in columns.items()}


def id_of(source: Source, entry: Entry) -> str:
    """The id of the clip of a row: what its column says, else the number of the row."""
    stated = _standard(source, entry.row).get("id", entry.row.get("id"))
    return f"{source.name}/{stated or _number_in(entry, source)}"


def _said_of(entry: Entry, meaning: Callable[..., _T], *values: Any) -> _T:
    """``meaning`` of values of a row. An error names the row."""
    try:
        return meaning(*values)
    except ValueError as error:
        raise RecipeError(f"{_place(entry)}: {error}") from None


def _number_in(entry: Entry, source: Source) -> str:
    return f"{entry.path.stem}-{entry.number}" if several(source) else str(entry.number)
