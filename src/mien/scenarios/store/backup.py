"""Copies a store to a file, and back. Who was forgotten since is forgotten again; the log keeps what came after the copy."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sqlalchemy import select

from mien.errors import InputError
from mien.runtime.cache import fill_atomic
from mien.scenarios.store.audit import Entry
from mien.scenarios.store.erasure import erase, forgotten, mark, note, wipe
from mien.scenarios.store.store import FILE, Store, open_store
from mien.scenarios.store.tables import AUDIT, PEOPLE


def back_up(store: Store, target: Path) -> None:
    """Copies an open store to a file, whole or not at all, while others may write.

    Raises:
        InputError: the file is there already or cannot be written, or the store is no file (then use the server's own tool).
    """
    if store.database.engine.dialect.name != "sqlite":
        raise InputError("only a store in a file is copied by mien; for a server use its own tool, such as pg_dump")
    if target.exists():
        raise InputError(f"'{target}' is there already; name another file")
    with store.database.write() as connection:
        store.log.add(connection, "back up")
    source = store.database.engine.raw_connection()
    try:
        content = _copied(source.driver_connection)
    finally:
        source.close()
    try:
        fill_atomic(target, lambda file: file.write(content))
        target.chmod(0o600)
    except OSError as error:
        raise InputError(f"'{target}' cannot be written: {error.strerror}") from error


def restore(copy: Path, folder: Path, key: bytes | None, who: str = "") -> int:
    """Puts a copy in the place of a store, or where none is.

    Args:
        copy: the file that ``back_up`` wrote.
        folder: of the store.
        key: of both.
        who: who is at work.

    Returns:
        How many people of the copy were forgotten again, because they were forgotten since.

    Raises:
        InputError: the copy cannot be read, is of another store, or the key does not fit.
        TamperedError: the log of one of them was changed.
    """
    if not copy.is_file():
        raise InputError(f"there is no file '{copy}'")
    copied, marks, tail = _entries_of(copy), set[str](), list[Entry]()
    if (folder / FILE).is_file():
        with open_store(str(folder), key, who) as there, there.database.read() as connection:
            marks, entries = forgotten(connection), there.log.verified(connection)
        tail = _after(copied, entries)
    _overwrite(copy, folder)
    with open_store(str(folder), key, who) as store:
        return _caught_up(store, marks, tail)


def _copied(connection: Any) -> bytes:
    with sqlite3.connect(":memory:") as memory:
        connection.backup(memory)
        content: bytes = memory.serialize()
    memory.close()
    return content


def _overwrite(copy: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / FILE
    if not file.exists():
        os.close(os.open(file, os.O_CREAT | os.O_WRONLY, 0o600))
    source, target = sqlite3.connect(f"{copy.resolve().as_uri()}?mode=ro", uri=True), sqlite3.connect(file)
    try:
        source.backup(target)
    except sqlite3.Error as error:
        raise InputError(f"'{copy}' cannot be restored: {error}") from error
    finally:
        source.close()
        target.close()


def _entries_of(copy: Path) -> list[Entry]:
    """The log of a copy, which is only read."""
    source = sqlite3.connect(f"{copy.resolve().as_uri()}?mode=ro", uri=True)
    try:
        names = ", ".join(column.name for column in AUDIT.columns)
        return [Entry(*row) for row in source.execute(f"SELECT {names} FROM audit ORDER BY n")]  # noqa: S608 - names of ours
    except sqlite3.Error as error:
        raise InputError(f"'{copy}' is no copy of a store: {error}") from error
    finally:
        source.close()


def _after(copied: Sequence[Entry], entries: Sequence[Entry]) -> list[Entry]:
    """The entries that came after the copy."""
    if list(entries[: len(copied)]) != list(copied):
        raise InputError(
            "the copy is of another store, or of another history of this one; restore it into an empty folder"
        )
    return list(entries[len(copied) :])


def _caught_up(store: Store, marks: set[str], tail: Sequence[Entry]) -> int:
    """Adds what the log had more, and forgets again."""
    with store.database.write() as connection:
        store.log.verified(connection)
        for entry in tail:
            connection.execute(AUDIT.insert().values(**asdict(entry)))
        since = marks - forgotten(connection)  # who was forgotten before the copy and is in it came again later
        note(connection, since)
        again = [p for p in connection.execute(select(PEOPLE)).all() if mark(connection, p.pseudonym) in since]
        for person in again:
            erase(connection, person)
        store.log.add(connection, "restore", detail=f"{len(again)} people forgotten again")
    wipe(store.database)
    return len(again)
