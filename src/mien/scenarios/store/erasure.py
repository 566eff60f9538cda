"""Erases: a person who asks for it, and records whose last day is over. The bytes are gone from the files, and that is checked.

SQLite leaves deleted content in free pages and in its log of changes (WAL). So the file is written anew (``VACUUM``), with free
space overwritten (``secure_delete``), and the log of changes is emptied. What a file system, a snapshot or a backup of somebody
else keeps is beyond this. A backup made by mien forgets the same people when it is restored.
"""

from __future__ import annotations

import hashlib
import hmac
import sqlite3
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, select

from mien.database.database import Database
from mien.errors import InputError, MienError
from mien.scenarios.store.store import Store, subject
from mien.scenarios.store.tables import CONSENTS, FORGOTTEN, PEOPLE, RECORDS, SETTINGS

PIECE = 64
"""Bytes of the beginning of a content by which it is recognised."""

_WAITING = "wipe"  # the setting that says that deleted content is still in the files


def forget(store: Store, pseudonym: str) -> int:
    """Erases all that is kept of a person, and checks that no byte of it is left in the files.

    Returns:
        How many records were erased.

    Raises:
        InputError: there is no such person, or another program has the store open.
        MienError: something of the person is still in a file.
    """
    with store.database.write() as connection:
        person = store.known(connection, pseudonym)
        traces = _traces(connection, person)
        note(connection, {mark(connection, pseudonym)})
        count = erase(connection, person)
        store.log.add(connection, "forget", "", subject(person), f"{count} records")
    wipe(store.database)
    _verify(store.database, traces)
    return count


def expire(store: Store, day: date | None = None) -> int:
    """Erases records whose last day is over, with their people if nothing else is left of them.

    It also does what another program hindered earlier: deleted content is taken out of the files.

    Returns:
        How many records were erased.

    Raises:
        InputError: another program has the store open.
        MienError: something that was erased is still in a file.
    """
    day = day or date.today()
    with store.database.write() as connection:
        over = connection.execute(select(RECORDS.c.person, RECORDS.c.payload).where(RECORDS.c.keep_until < day)).all()
        traces = [row.payload[:PIECE] for row in over]
        connection.execute(RECORDS.delete().where(RECORDS.c.keep_until < day))
        gone = {row.person for row in over} - set(connection.execute(select(RECORDS.c.person)).scalars())
        for person in connection.execute(select(PEOPLE).where(PEOPLE.c.id.in_(gone))).all():
            if not _holds(connection, person, day):
                erase(connection, person)
        if over:
            _put_off(connection)
            store.log.add(connection, "expire", detail=f"{len(over)} records")
        waiting = connection.execute(select(SETTINGS).where(SETTINGS.c.name == _WAITING)).first() is not None
    if waiting:
        wipe(store.database)
        _verify(store.database, traces)
    return len(over)


def note(connection: Connection, marks: set[str]) -> None:
    """Notes the marks of people who were forgotten."""
    for one in sorted(marks - forgotten(connection)):
        connection.execute(FORGOTTEN.insert().values(mark=one, day=date.today()))


def forgotten(connection: Connection) -> set[str]:
    """The marks of all people who were forgotten."""
    return set(connection.execute(select(FORGOTTEN.c.mark)).scalars())


def mark(connection: Connection, pseudonym: str) -> str:
    """The mark of a person, which tells nothing without the store's secret."""
    secret = connection.execute(select(SETTINGS.c.value).where(SETTINGS.c.name == "secret")).scalar_one()
    return hmac.new(secret, pseudonym.encode(), hashlib.sha256).hexdigest()


def wipe(database: Database) -> None:
    """Writes the file anew, without anything that was deleted.

    Raises:
        InputError: another program has the store open; ``expire`` does it later.
    """
    if database.engine.dialect.name == "sqlite":
        _rewrite(database)
    with database.write() as connection:
        connection.execute(SETTINGS.delete().where(SETTINGS.c.name == _WAITING))


def _rewrite(database: Database) -> None:
    hindered = (
        "another program has the store open, so deleted content is still in its files; "
        "end it, and run mien session expire"
    )
    connection = database.engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute("PRAGMA secure_delete=ON")
        cursor.execute("VACUUM")
        busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except sqlite3.OperationalError as error:
        raise InputError(hindered) from error
    finally:
        connection.close()
    if busy:
        raise InputError(hindered)


def _holds(connection: Connection, person: Row[Any], day: date) -> bool:
    """Whether a consent of the person still holds, so that recordings may follow."""
    rows = connection.execute(select(CONSENTS).where(CONSENTS.c.person == person.id)).all()
    return any(row.withdrawn is None and row.until is not None and row.until >= day for row in rows)


def erase(connection: Connection, person: Row[Any]) -> int:
    """Deletes the rows of a person, and says how many records these were. ``wipe`` takes the bytes away."""
    _put_off(connection)
    count = connection.execute(RECORDS.delete().where(RECORDS.c.person == person.id)).rowcount
    connection.execute(CONSENTS.delete().where(CONSENTS.c.person == person.id))
    connection.execute(PEOPLE.delete().where(PEOPLE.c.id == person.id))
    return int(count)


def _put_off(connection: Connection) -> None:
    """Notes, in the transaction that deletes, that the bytes are still to be taken out of the files."""
    connection.execute(SETTINGS.delete().where(SETTINGS.c.name == _WAITING))
    connection.execute(SETTINGS.insert().values(name=_WAITING, value=b""))


def _traces(connection: Connection, person: Row[Any]) -> list[bytes]:
    """Bytes by which something of the person would be recognised: content, salt and key."""
    payloads = connection.execute(select(RECORDS.c.payload).where(RECORDS.c.person == person.id)).scalars().all()
    return [person.salt, *([person.key] if person.key is not None else []), *(p[:PIECE] for p in payloads)]


def _verify(database: Database, traces: Iterable[bytes]) -> None:
    """Looks for the bytes in the files. Every content begins with random bytes, so it cannot be taken for another one."""
    if database.engine.dialect.name != "sqlite":
        return
    file = Path(str(database.engine.url.database))
    left = [file.with_name(file.name + end) for end in ("", "-wal", "-journal")]
    content = b"".join(path.read_bytes() for path in left if path.is_file())
    if any(trace in content for trace in traces):
        raise MienError(f"something that was erased is still in '{file}'; end other programs and run it again")
