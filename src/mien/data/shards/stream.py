"""Data sets too large for memory: examples that are read again from their files, a block at a time, whenever they are needed.

A first pass over the rows notes who is in which split. After it, memory holds the names of the speakers and a few numbers for
each block, whatever the number of rows.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, overload

import numpy as np

from mien.data.manifest import answered, check_ids, check_source, entry_of, id_of, wanted
from mien.data.rows import Entry, block_starts, blocks, read_rows
from mien.data.shards.paths import files
from mien.data.split import Labelled, divided, held
from mien.data.values import Spellings
from mien.errors import RecipeError
from mien.recipe.recipe import Source
from mien.types import Example, Task


class _Block(NamedTuple):
    """Some rows of a file that can be read alone: its number in the file, and the number of its first row."""

    path: Path
    number: int
    first: int


class Streamed(Sequence[Example]):
    """The examples of one split of a source in the order of its files. Neighbours are found fast, far ones slowly.

    Args:
        rows: the rows of the source.
        split: name of the split; ``None`` for all.
    """

    def __init__(self, rows: Rows, split: str | None = None) -> None:
        self._rows, self._split = rows, split
        self._read: tuple[int, list[Example]] = (-1, [])

    @cached_property
    def _starts(self) -> list[int]:
        counts = (c.total() if self._split is None else c[self._split] for c in self._rows.counts)
        return [0, *itertools.accumulate(counts)]

    def of_split(self, name: str) -> Streamed:
        """Those of one split."""
        return Streamed(self._rows, name)

    def __len__(self) -> int:
        return self._starts[-1]

    @overload
    def __getitem__(self, index: int) -> Example: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Example]: ...
    def __getitem__(self, index: int | slice) -> Example | Sequence[Example]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        index %= len(self)
        block = bisect_right(self._starts, index) - 1
        if self._read[0] != block:
            found = self._rows.examples(block)
            self._read = block, [e for e in found if self._split in (None, e.split)]
        return self._read[1][index - self._starts[block]]


class Rows:
    """The rows of a source that is read in a stream (``Source.stream``).

    Args:
        source: what to read, and how.
        tasks: the tasks of the answers.
        root: folder of the data sets.

    Raises:
        RecipeError: the source needs more than one row at a time, or names something that does not exist.
    """

    def __init__(self, source: Source, tasks: Sequence[Task], root: Path) -> None:
        check_source(source, tasks)
        around = any(table.around for table in source.features.values())
        asked = {"reader": source.reader, "context": source.context, "around": around, "folds": source.folds}
        for name, value in {**asked, "apart_from": source.apart_from}.items():
            if value:
                raise RecipeError(
                    f"data set '{source.name}' is read in a stream, a row at a time: leave out {name}, or stream"
                )
        self._source, self._tasks, self._root = source, tuple(tasks), root
        self._spelt = Spellings()

    @cached_property
    def counts(self) -> list[Counter[str]]:
        """How many examples of which split each block has.

        Raises:
            RecipeError: a row has a mistake, two rows have the same id, or the rows cannot be split as the source asks.
        """
        groups: dict[str | None, int] = {}
        splits: dict[str, int] = {}
        marks, ids = [], []
        for number in range(len(self._blocks)):
            rows = self._labelled(number)
            ids.append(np.asarray([hash(row.example.clip.id) for row in rows], np.int64))
            kinds = (
                (
                    groups.setdefault(row.example.group, len(groups)),
                    splits.setdefault(row.example.split, len(splits)),
                    (1 if row.taught else 0) + (2 if row.tested else 0),
                )
                for row in rows
            )
            marks.append(Counter(kinds))
        self._check_ids(np.concatenate(ids) if ids else np.zeros(0, np.int64))
        self._deal(groups, splits, marks)
        names, stated = list(groups), list(splits)
        return [self._count(mark, names, stated) for mark in marks]

    def examples(self, block: int) -> list[Example]:
        """The examples of a block, in their splits."""
        rows = ((row, self._split_of(row.example.group, row.example.split)) for row in self._labelled(block))
        dealt = [
            replace(row.example, split=split, targets=row.taught if split == self._source.train else row.tested)
            for row, split in rows
        ]
        return [e for e in dealt if e.targets]

    @cached_property
    def _blocks(self) -> list[_Block]:
        return [
            _Block(path, number, first)
            for path in files(self._source, self._root)
            for number, first in zip(range(blocks(path)), block_starts(path), strict=True)
        ]

    def _entries(self, block: int) -> Iterator[Entry]:
        path, number, first = self._blocks[block]
        for k, row in enumerate(read_rows(path, number), start=first):
            entry = entry_of(self._source, path, k, row)
            if wanted(self._source, entry.row):
                yield entry

    def _labelled(self, block: int) -> list[Labelled]:
        return answered(self._source, self._tasks, self._root, list(self._entries(block)), self._spelt)

    def _check_ids(self, ids: np.ndarray[tuple[int], np.dtype[np.int64]]) -> None:
        """Refuse equal ids. Their hashes tell where to look."""
        ordered = np.sort(ids)
        twice = set(ordered[1:][ordered[1:] == ordered[:-1]].tolist())
        if twice:
            entries = (entry for number in range(len(self._blocks)) for entry in self._entries(number))
            check_ids(self._source, [e for e in entries if hash(id_of(self._source, e)) in twice])

    def _deal(
        self, groups: dict[str | None, int], splits: dict[str, int], marks: list[Counter[tuple[int, int, int]]]
    ) -> None:
        source, self._dealt = self._source, dict[str, str]()
        if not source.divide and not source.hold_out:
            return
        if None in groups:
            raise RecipeError(f"a row of '{source.name}' names no speaker; splits by speaker need one for every row")
        names = [str(name) for name in groups]
        if source.divide:
            self._dealt = divided(names, source.divide)
            return
        taught = {g for mark in marks for g, split, _ in mark if split == splits.get(source.train)}
        self._dealt = dict.fromkeys(held([names[g] for g in taught], source.hold_out), source.valid)

    def _split_of(self, group: str | None, stated: str) -> str:
        if self._source.divide or stated == self._source.train:
            return self._dealt.get(group or "", stated)
        return stated

    def _count(self, mark: Counter[tuple[int, int, int]], groups: list[str | None], splits: list[str]) -> Counter[str]:
        found: Counter[str] = Counter()
        for (group, split, answers), count in mark.items():
            name = self._split_of(groups[group], splits[split])
            if answers & (1 if name == self._source.train else 2):
                found[name] += count
        return found
