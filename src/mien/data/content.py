"""What data sets hold, as a hash: to tell whether a result is of the same data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mien.data.manifest import files
from mien.data.readers.base import read_set
from mien.recipe.recipe import Source
from mien.runtime.cache import content_key, content_of


def content(sources: Sequence[Source], root: Path) -> str:
    """A hash of what is read of data sets: their tables, and the features in them or beside them. Recordings are told by their
    names.
    """
    return content_key([_of(source, root) for source in sources])


def _of(source: Source, root: Path) -> list[Any]:
    rows: list[Any] = list(read_set(source.reader, root / source.manifest, Counter())) if source.reader else []
    tables = [] if source.reader else files(source, root)
    beside = [root / table.file for table in source.features.values() if table.file]
    return [rows, [content_of(path) for path in (*tables, *beside) if path.is_file()]]
