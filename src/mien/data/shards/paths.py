"""Where the files of data sets lie, and which split the name of a file states."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from mien.errors import RecipeError
from mien.recipe.recipe import Source
from mien.samples import sample

PACKAGED = "mien:"
"""Begins the name of a manifest that comes with mien, see ``mien.samples``."""

_SPLIT = "{split}"


def data_root(given: Path | None = None, sources: Sequence[Source] = ()) -> Path:
    """The folder of the data sets: the argument, else ``MIEN_DATA``, else ``../shared/data``.

    When all ``sources`` name their manifests by absolute paths, no such folder is needed.

    Raises:
        RecipeError: there is no such folder.
    """
    if sources and all(Path(s.manifest).is_absolute() for s in sources):
        return Path()
    root = given or Path(os.environ.get("MIEN_DATA", "../shared/data"))
    if not root.is_dir():
        raise RecipeError(f"there is no data folder '{root}'; name it with --data-root or MIEN_DATA")
    return root


def several(source: Source) -> bool:
    """Whether the manifest of a source may be several files."""
    return _SPLIT in source.manifest or "*" in source.manifest


def files(source: Source, root: Path) -> list[Path]:
    """The manifest files of a source without a reader, in the order of their names.

    There are several when ``{split}`` or ``*`` is in the name. A single file need not exist.

    Raises:
        RecipeError: there is no file of such a name.
    """
    name = source.manifest
    if name.startswith(PACKAGED):
        return [sample(name.removeprefix(PACKAGED))]
    if not several(source):
        return [root / name]
    pattern = Path(name.replace(_SPLIT, "*"))
    found = sorted(Path(root, pattern.anchor).glob(str(pattern.relative_to(pattern.anchor))))
    if not found:
        raise RecipeError(f"data set '{source.name}' has no manifest at '{root / name}'")
    return found


def split_in_name(manifest: str, path: Path) -> str | None:
    """The part of a file's name that stands where ``manifest`` has ``{split}``; ``None`` where it has none.

    ``*`` in the manifest stands for anything, so "{split}-*.tar" gives "train" for "train-000001.tar".
    """
    if _SPLIT not in manifest:
        return None
    before, _, after = Path(manifest).name.partition(_SPLIT)
    split, rest = ("(.+?)", re.escape(after).replace(r"\*", ".*"))
    found = re.fullmatch(re.escape(before).replace(r"\*", ".*") + split + rest, path.name)
    return found[1] if found else ""
