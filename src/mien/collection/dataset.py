"""The folder of a set: ``set.toml`` (settings), ``set.db`` (everything found and voted) and ``manifest.csv`` (for training)."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from sqlalchemy import ColumnElement, Table, insert, select, update

from mien.collection import tables
from mien.collection.rows import Cut, Draft, Draw, Person, Recording, Vote, now, person_of
from mien.collection.settings import SETTINGS, SetSettings, read_settings, write_settings
from mien.database.database import Database, open_database
from mien.errors import InputError, closest
from mien.runtime.extras import needs_store

DATABASE = "set.db"
MANIFEST = "manifest.csv"
T = TypeVar("T")


class DataSet:
    """An open set. Use it as a context manager, or ``close`` it. Several threads and processes may have one open.

    Args:
        folder: of the set.
        settings: what ``set.toml`` says.
        database: the open ``set.db``.
    """

    def __init__(self, folder: Path, settings: SetSettings, database: Database) -> None:
        self.folder, self.settings, self.database = folder, settings, database

    def recordings(self) -> list[Recording]:
        """All recordings in the order in which they were collected."""
        return self._all(Recording, tables.recordings, tables.recordings.c.id)

    def clips(self, usable: bool = False) -> list[Cut]:
        """All clips, by recording and time.

        Args:
            usable: leave out those that failed a gate.
        """
        c = tables.clips.c
        found = self._all(Cut, tables.clips, c.recording, c.start, c.id)
        return [clip for clip in found if not (usable and clip.refused)]

    def drafts(self) -> dict[str, Draft]:
        """{id of a clip: its latest draft}."""
        return {d.clip: d for d in self._all(Draft, tables.drafts, tables.drafts.c.clip)}

    def draws(self) -> list[Draw]:
        """What was chosen for labelling, by round and position."""
        c = tables.draws.c
        return self._all(Draw, tables.draws, c.round, c.position)

    def people(self) -> dict[str, Person]:
        """{person: what is known about them}. People whom the consent table does not name are missing."""
        with self.database.read() as connection:
            rows = connection.execute(select(tables.people)).mappings().all()
        return {row["person"]: person_of(dict(row)) for row in rows}

    def votes(self, undone: bool = False) -> list[Vote]:
        """All votes that count, in the order in which they were cast.

        Args:
            undone: also those that were taken back.
        """
        found = self._all(Vote, tables.votes, tables.votes.c.id)
        return [vote for vote in found if undone or vote.undone is None]

    def vote(self, vote: Vote) -> int:
        """Stores a vote and returns its number. When this returns, the vote is on the disk.

        Raises:
            InputError: there is no such clip, or a label or number cannot be used.
        """
        self._check(vote)
        values = {name: value for name, value in asdict(vote).items() if name != "id"}
        with self.database.write() as connection:
            known = connection.execute(select(tables.clips.c.id).where(tables.clips.c.id == vote.clip)).first()
            if known is None:
                raise InputError(f"the set has no clip '{vote.clip}'")
            (number,) = connection.execute(insert(tables.votes).values(values)).inserted_primary_key or (0,)
        return int(number)

    def undo(self, number: int) -> None:
        """Takes a vote back. It stays in the table, and no longer counts.

        Raises:
            InputError: there is no such vote that counts.
        """
        c = tables.votes.c
        with self.database.write() as connection:
            done = connection.execute(
                update(tables.votes).where(c.id == number, c.undone.is_(None)).values(undone=now())
            )
            if not done.rowcount:
                raise InputError(f"the set has no vote {number} that counts")

    def path_of(self, recording: Recording) -> Path:
        """Where a recording lies."""
        return Path(os.path.normpath(self.folder / recording.path))

    def close(self) -> None:
        """Closes the database."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _check(self, vote: Vote) -> None:
        for label, weight in vote.labels.items():
            if label not in self.settings.labels:
                raise InputError(f"the set has no label '{label}'; {closest(label, self.settings.labels)}")
            if not 0 < weight < float("inf"):
                raise InputError(f"the weight of '{label}' is a number above 0, not {weight}")
        for name, value in (("valence", vote.valence), ("arousal", vote.arousal)):
            if value is not None and not -1 <= value <= 1:
                raise InputError(f"{name} is a number from -1 to 1, not {value}")

    def _all(self, kind: type[T], table: Table, *order: ColumnElement[Any]) -> list[T]:
        with self.database.read() as connection:
            rows = connection.execute(select(table).order_by(*order)).mappings().all()
        return [kind(**dict(row)) for row in rows]


def open_set(folder: Path) -> DataSet:
    """Opens the set in a folder.

    Raises:
        InputError: the folder holds no set, or it cannot be used; the message says why.
    """
    needs_store()
    return DataSet(folder, read_settings(folder), open_database(folder / DATABASE, tables.SCHEMA))


def make_set(folder: Path, settings: SetSettings) -> DataSet:
    """Opens the set in a folder, or makes it. The settings of a set that exists stay as they are.

    Raises:
        InputError: the folder holds something else, or it cannot be used.
    """
    needs_store()
    if not (folder / SETTINGS).is_file():
        if folder.is_dir() and any(not p.name.startswith(".") for p in folder.iterdir()):
            raise InputError(f"'{folder}' is not empty and holds no data set; name a new folder")
        folder.mkdir(parents=True, exist_ok=True)
        write_settings(folder, settings)
    return DataSet(folder, read_settings(folder), open_database(folder / DATABASE, tables.SCHEMA, make=True))


def place_of(path: Path, folder: Path) -> str:
    """How a set names a file: relative to its folder where both lie below one folder that is not the root, else absolute."""
    file, base = Path(os.path.abspath(path)), Path(os.path.abspath(folder))
    shared = os.path.commonpath([file, base]) if file.drive == base.drive else ""
    return Path(os.path.relpath(file, base)).as_posix() if Path(shared).name else file.as_posix()
