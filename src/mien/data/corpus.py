"""All examples of a recipe's data sets. A manifest is read once for all of its splits, copies and folds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from mien.data.manifest import column, labelled, set_rows
from mien.data.rows import Tables
from mien.data.shards.paths import files
from mien.data.shards.stream import Rows, Streamed
from mien.data.split import Labelled, deal
from mien.recipe.recipe import Recipe, Source
from mien.runtime.cache import content_key, content_of
from mien.types import Example, Task


class Corpus:
    """The examples of some data sets, by source and split. Manifests are read when they are first needed.

    The first call of ``split`` frees the memory of the rows, because a training may last for days. A later call of
    ``column`` reads the manifest again.

    Args:
        sources: the data sets.
        tasks: the tasks for which their examples are labelled.
        root: folder of the data sets.
        tables: rows that are already read; ``None`` for none.
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
            sources: the sources of this corpus with another ``fold``.

        Raises:
            ValueError: the sources differ in anything else.
        """
        if [replace(s, fold=0) for s in sources] != [replace(s, fold=0) for s in self.sources]:
            raise ValueError("these are other data sets, not other folds of the same")
        other = Corpus(sources, self.tasks, self.root)
        other._reading = self._reading
        return other

    @cached_property
    def examples(self) -> tuple[Sequence[Example], ...]:
        """All usable examples of each source, in the order of its manifest. Those of a stream are not held in memory.

        Raises:
            RecipeError: a manifest is missing or does not fit its source; see ``data.manifest``.
        """
        return tuple(
            Streamed(Rows(s, self.tasks, self.root)) if s.stream else tuple(deal(s, rows))
            for s, rows in zip(self.sources, self._reading.rows, strict=True)
        )

    def split(self, name: str) -> list[tuple[Source, Sequence[Example]]]:
        """The examples of one split of each source. The list is empty for a source without this split.

        Args:
            name: "train", "valid" or "test". ``Source.train`` and ``Source.valid`` say how the source calls the first two.
        """
        everything = self.examples
        self._reading.let_rows_go()
        found = [(s, _of_split(s, rows, name)) for s, rows in zip(self.sources, everything, strict=True)]
        if name == "train" and any(source.apart_from for source in self.sources):
            return [(source, self._apart(source, rows)) for source, rows in found]
        return found

    def _apart(self, source: Source, taught: Sequence[Example]) -> Sequence[Example]:
        """The training examples whose words are in no validation or test example of the sets in ``apart_from``."""
        if not source.apart_from:
            return taught
        others = [pair for pair in zip(self.sources, self.examples, strict=True) if pair[0].name in source.apart_from]
        tested = {
            _plain(example.clip.text)
            for other, rows in others
            for split in ("valid", "test")
            for example in _of_split(other, rows, split)
            if example.clip.text
        }
        return [e for e in taught if e.clip.text is None or _plain(e.clip.text) not in tested]

    def column(self, source: Source, name: str) -> dict[str, str]:
        """{id of the clip: value} of a column of a source's manifest. Rows without a value are left out.

        Raises:
            RecipeError: the manifest or the column is missing.
        """
        return column(source, name, self.root, self._reading.tables)

    @property
    def content(self) -> str:
        """A hash of the content of the data sets: their tables, and the features in them or beside them.

        It tells whether two results come from the same data. Recordings count by their names, not by their content.
        """
        return self._reading.content()


def _of_split(source: Source, examples: Sequence[Example], name: str) -> Sequence[Example]:
    wanted = {"train": source.train, "valid": source.valid}.get(name, name)
    if isinstance(examples, Streamed):
        return examples.of_split(wanted)
    return [e for e in examples if e.split == wanted]


def _plain(text: str) -> str:
    """The letters and digits of a text in lower case."""
    return "".join(c for c in text.casefold() if c.isalnum())


class _Reading:
    """The rows that were read. Corpora of several folds share them."""

    def __init__(self, sources: Sequence[Source], tasks: Sequence[Task], root: Path, tables: Tables) -> None:
        self._sources, self._tasks, self._root = sources, tasks, root
        self._content = ""
        self.tables = tables

    @cached_property
    def rows(self) -> list[list[Labelled]]:
        return [[] if s.stream else labelled(s, self._tasks, self._root, self.tables) for s in self._sources]

    def content(self) -> str:
        self._content = self._content or content_key([self._parts(source) for source in self._sources])
        return self._content

    def let_rows_go(self) -> None:
        if any(source.reader for source in self._sources):
            self.content()  # the hash of a reader's data needs the rows
        self.tables = Tables()

    def _parts(self, source: Source) -> list[Any]:
        rows = list(set_rows(source, self._root, self.tables)) if source.reader else []
        tables = [] if source.reader else files(source, self._root)
        beside = [self._root / table.file for table in source.features.values() if table.file]
        return [rows, [content_of(path) for path in (*tables, *beside) if path.is_file()]]
