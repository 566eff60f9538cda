"""Opens a database, a file of SQLite or the URL of a server, with settings that lose nothing when a process is killed.

SQLite writes ahead (WAL), so readers and one writer do not wait for one another, and it syncs at every commit
(``synchronous=FULL``), so what was committed survives a loss of power.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError

from mien.database.schema import Schema, current, prepare
from mien.errors import InputError, MienError

_BUSY = 30_000  # milliseconds that a writer waits for another one
_SETTINGS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={_BUSY}")
_TOLD = {
    "SQLITE_BUSY": "is in use by another program; end it, or wait and try again",
    "SQLITE_LOCKED": "is in use by another program; end it, or wait and try again",
    "SQLITE_READONLY": "cannot be written; check your rights there",
    "SQLITE_CANTOPEN": "cannot be opened; check the path and your rights there",
    "SQLITE_NOTADB": "is no database; check that it is the file you mean",
    "SQLITE_CORRUPT": "is damaged; restore it from a copy",
    "SQLITE_FULL": "cannot grow, because the disk is full; make room and try again",
    "SQLITE_IOERR": "cannot be read or written, because the disk gives an error; check it",
}
"""{beginning of SQLite's name of an error: what it means}."""


class Database:
    """An open database. Use it as a context manager, or ``close`` it. Several threads may use one.

    Args:
        engine: of SQLAlchemy.
        name: the path or URL, for messages; without a password.
    """

    def __init__(self, engine: Engine, name: str) -> None:
        self.engine, self.name = engine, name

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that may write: all of it is kept, or after an error nothing. It waits for other writers.

        Raises:
            InputError: the database cannot be used; the message says why.
        """
        with _translated(self.name), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads, and sees one state of the database. It waits for nobody.

        Raises:
            InputError: the database cannot be used; the message says why.
        """
        with _translated(self.name), self.engine.connect() as connection:
            yield connection.execution_options(mien_reads=True)

    @contextmanager
    def change_tables(self) -> Iterator[Connection]:
        """A transaction that may make or change tables. References between them are checked at its end alone.

        SQLite changes a table by making another one and dropping the first, and while references count, that would delete
        all rows that refer to it.

        Raises:
            InputError: the database cannot be used; the message says why.
        """
        changing = self.engine.execution_options(mien_changes_tables=True)
        with _translated(self.name), changing.begin() as connection:
            yield connection
            if self.engine.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                raise MienError(f"the tables of '{self.name}' cannot be brought up to date: a row refers to none")
        self.engine.dispose()  # connections that are opened from now on count references again

    def erase(self) -> None:
        """Overwrites what was deleted, so that the file of SQLite no longer holds it. Servers do this by themselves.

        Raises:
            InputError: the database cannot be used; the message says why.
        """
        if self.engine.dialect.name != "sqlite":
            return
        with _translated(self.name), closing(self.engine.raw_connection()) as raw, closing(raw.cursor()) as cursor:
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Closes all connections."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_database(place: str | Path, schema: Schema, make: bool = False) -> Database:
    """Opens a database, and makes its tables or brings them up to date.

    Args:
        place: the path of an SQLite file, or an SQLAlchemy URL such as "postgresql://user@host/name".
        schema: the tables.
        make: whether a missing file, or an empty database, becomes a new one.

    Raises:
        InputError: there is no such file, it is no database, damaged, or of another program, kind or a newer mien.
    """
    url = _url(place)
    file = Path(url.database) if url.drivername.startswith("sqlite") and url.database else None
    name = str(file) if file is not None else url.render_as_string(hide_password=True)
    if file is not None:
        if not make and not file.is_file():
            raise InputError(f"there is no database '{file}'")
        if not file.parent.is_dir():
            raise InputError(f"there is no folder '{file.parent}' for the database '{file.name}'")
    database = Database(_engine(url), name)
    try:
        with database.read() as connection:
            ready = current(connection, schema)
        if not ready:
            with database.change_tables() as connection:
                prepare(connection, schema, name, make)
    except BaseException:
        database.close()
        raise
    return database


def _url(place: str | Path) -> URL:
    if isinstance(place, Path) or "://" not in place:
        return URL.create("sqlite", database=str(place))
    try:
        return make_url(place)
    except ArgumentError as error:
        raise InputError("the URL of the database is not of the form kind://user@host/name") from error


def _engine(url: URL) -> Engine:
    try:
        engine = create_engine(url)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise InputError(
            f"databases of the kind '{url.drivername}' need a driver that is not installed: {error}"
        ) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up)
        event.listen(engine, "begin", _begin)
    return engine


def _set_up(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # Python's own BEGIN comes too late for a transaction that reads before it writes
    cursor = connection.cursor()
    try:
        for setting in _SETTINGS:
            cursor.execute(f"PRAGMA {setting}")
    finally:
        cursor.close()


def _begin(connection: Connection) -> None:
    """A writer takes its turn at once. If it read first, two writers could wait for one another."""
    options = connection.get_execution_options()
    if options.get("mien_changes_tables", False):
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")  # within a transaction it would do nothing
    connection.exec_driver_sql("BEGIN" if options.get("mien_reads", False) else "BEGIN IMMEDIATE")


@contextmanager
def _translated(name: str) -> Iterator[None]:
    """Makes errors of the database to sentences for the user. A broken rule of the tables stays the error that it is."""
    try:
        yield
    except IntegrityError:
        raise
    except DBAPIError as error:
        code = str(getattr(error.orig, "sqlite_errorname", ""))
        told = next((words for start, words in _TOLD.items() if code.startswith(start)), None)
        if told is None and code:
            raise
        raise InputError(f"the database '{name}' {told or f'cannot be used: {error.orig}'}") from error
