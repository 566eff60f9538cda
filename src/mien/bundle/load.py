"""Finds a bundle and reads its ``bundle.json``."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, NamedTuple

from mien import bundles
from mien.bundle.table import SCHEMA, BundleTable
from mien.errors import InputError, RecipeError, closest
from mien.files.ordinary import read_bytes
from mien.recipe import strict
from mien.runtime.cache import cache_folder, file_sha256

TABLE = "bundle.json"
_LARGEST = 20_000_000  # bytes; the shipped ones have 100,000


class Loaded(NamedTuple):
    """The folder of a bundle, its table, and the SHA-256 of its ``bundle.json``."""

    folder: Path
    table: BundleTable
    sha256: str


def load(which: str | Path) -> Loaded:
    """Reads the table of a shipped bundle by its name, or of a bundle in a folder.

    Raises:
        InputError: there is no such bundle, or this version cannot read it.
    """
    folder = _folder(which)
    path = folder / TABLE
    raw = read_bytes(path, _LARGEST)
    try:
        table = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not valid JSON; export the bundle again") from error
    if not isinstance(table, dict):
        raise InputError(f"{path} holds no table but {type(table).__name__}; export the bundle again")
    return Loaded(folder, _read(table, path), hashlib.sha256(raw).hexdigest())


def _folder(which: str | Path) -> Path:
    made = [made_folder(str(which))] if str(which) in bundles.presets() else []
    for folder in (Path(which), bundles.folder() / str(which), *made):
        if (folder / TABLE).is_file():
            return folder
    if str(which) in bundles.presets():
        raise InputError(
            f"the bundle '{which}' is of models that are downloaded when you ask for it; run: mien bundle make {which}"
        )
    raise InputError(
        f"there is no bundle '{which}'; give a folder with a bundle.json, or {closest(str(which), bundles.shipped())}"
    )


def made_folder(name: str) -> Path:
    """Where a bundle of the package that is made when it is asked for lies: with the cache of mien, by its specification."""
    return cache_folder() / "bundles" / f"{name}-{file_sha256(bundles.preset(name))[:12]}"


def _read(table: dict[str, Any], path: Path) -> BundleTable:
    schema = table.pop("schema", None)
    if schema != SCHEMA:
        raise InputError(f"{path} has schema '{schema}'; this version of mien reads {SCHEMA}")
    try:
        return strict.build(BundleTable, table, str(path))
    except RecipeError as error:
        raise InputError(f"{error} (export the bundle again)") from error
