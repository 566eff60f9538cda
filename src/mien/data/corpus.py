"""All examples of a recipe's data sets. Every manifest is read once, however many splits, copies and folds are made of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from mien.data.manifest import column, files, labelled, set_rows
from mien.data.rows import Tables
from mien.data.split import Labelled, deal
from mien.recipe.recipe import Recipe, Source
from mien.runtime.cache import content_key, content_of
from mien.types import Example, Task


class Corpus:
    """The examples of some data sets, by source and split. Manifests are read when they are first needed.

    Their rows are let go when the first split is taken, for a training may last for days: ask for columns before.

    Args:
        sources: the data sets.
        tasks: what their examples are labelled for.
        root: folder of the data sets.
        tables: rows that were read already; ``None`` for none.
    """

    def __init__(
        self, sources: Sequence[Source], tasks: Sequence[Task], root: Path, tables: Tables | None = None
    ) -> None:
        self.sources, self.tasks, self.root = tuple(sources), tuple(tasks), root
        self._reading = _Reading(self.sources, self.tasks, root, tables or Tables())

    @classmethod
    def of(cls, recipe: Recipe, root: Path) -> Corpus:
        """The data of a recipe."""
        return cls(recipe.data, recipe.tasks, root)

    def in_folds(self, sources: Sequence[Source]) -> Corpus:
        """The same rows in other folds. Nothing is read again.

        Args:
            sources: this corpus's, with another ``fold``.

        Raises:
            ValueError: they differ in something else.
        """
        if [replace(s, fold=0) for s in sources] != [replace(s, fold=0) for s in self.sources]:
            raise ValueError("these are other data sets, not other folds of the same")
        other = Corpus(sources, self.tasks, self.root)
        other._reading = self._reading
        return other

    @cached_property
    def examples(self) -> tuple[tuple[Example, ...], ...]:
        """All usable examples of each source, in the order of its manifest.

        Raises:
            RecipeError: a manifest that is missing or does not fit its source; see ``data.manifest``.
        """
        return tuple(tuple(deal(s, rows)) for s, rows in zip(self.sources, self._reading.rows, strict=True))

    def split(self, name: str) -> list[tuple[Source, list[Example]]]:
        """The examples of one split of each source. Sources without the split have none.

        Args:
            name: "train", "valid" or "test"; what a source calls the first two, it says itself.
        """
        found = []
        everything = self.examples
        self._reading.let_rows_go()
        for source, examples in zip(self.sources, everything, strict=True):
            wanted = {"train": source.train, "valid": source.valid}.get(name, name)
            found.append((source, [e for e in examples if e.split == wanted]))
        return found

    def column(self, source: Source, name: str) -> dict[str, str]:
        """{id of the clip: value} of any column of a source's manifest; rows where it is empty are left out.

        Raises:
            RecipeError: a missing manifest or column.
        """
        return column(source, name, self.root, self._reading.tables)

    @property
    def content(self) -> str:
        """A hash of what the data sets hold: their tables, and the features in them or beside them.

        It tells whether two results are of the same data. Recordings are told by their names.
        """
        return self._reading.content()


class _Reading:
    """What was read. Corpora of several folds share it."""

    def __init__(self, sources: Sequence[Source], tasks: Sequence[Task], root: Path, tables: Tables) -> None:
        self._sources, self._tasks, self._root = sources, tasks, root
        self._content = ""
        self.tables = tables

    @cached_property
    def rows(self) -> list[list[Labelled]]:
        return [labelled(source, self._tasks, self._root, self.tables) for source in self._sources]

    def content(self) -> str:
        self._content = self._content or content_key([self._parts(source) for source in self._sources])
        return self._content

    def let_rows_go(self) -> None:
        if any(source.reader for source in self._sources):
            self.content()  # what a reader gives is hashed row by row, so while the rows are there
        self.tables = Tables()

    def _parts(self, source: Source) -> list[Any]:
        rows = list(set_rows(source, self._root, self.tables)) if source.reader else []
        tables = [] if source.reader else files(source, self._root)
        beside = [self._root / table.file for table in source.features.values() if table.file]
        return [rows, [content_of(path) for path in (*tables, *beside) if path.is_file()]]
