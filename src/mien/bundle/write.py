"""Writes the ``bundle.json`` and the card of a bundle. No other module does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mien.bundle.bundle import Bundle
from mien.bundle.card import card
from mien.bundle.load import TABLE
from mien.bundle.results import Result
from mien.bundle.table import SCHEMA, BundleTable
from mien.recipe import strict
from mien.runtime.cache import make_folder, write_atomic


def write(table: BundleTable, folder: Path) -> None:
    """Writes table and card into a folder that holds the files of the bundle."""
    plain = {"schema": SCHEMA, **strict.plain(table)}
    write_atomic(folder / TABLE, json.dumps(plain, indent=1, ensure_ascii=False) + "\n")
    write_atomic(folder / "card.md", card(table))


def rewritten(bundle: Bundle, table: BundleTable) -> Bundle:
    """Writes another table into the folder of the bundle, and loads the bundle again."""
    write(table, bundle.folder)
    return Bundle.load(bundle.folder)


def copied(bundle: Bundle, table: BundleTable, folder: Path) -> Bundle:
    """Copies the files of a bundle into another folder, with another table. The bundle stays as it is."""

    def fill(draft: Path) -> None:
        for entry in bundle.table.files:
            bundle.files.copy(entry, draft)
        write(table, draft)

    return Bundle.load(make_folder(folder, fill))


def annotate(folder: Path, results: Sequence[Result]) -> Bundle:
    """Writes measured results into the bundle of a folder, and on its card."""
    bundle = Bundle.load(folder)
    return rewritten(bundle, replace(bundle.table, evaluation=tuple(results)))
