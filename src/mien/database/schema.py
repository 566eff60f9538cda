"""What a database of mien holds: its tables, and the stamp that says which kind and version they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Column, Connection, Integer, MetaData, String, Table, inspect, select

from mien.errors import InputError

STAMP = "mien_schema"
"""The table with one row: the kind of the database and the version of its tables."""


@dataclass(frozen=True)
class Schema:
    """The tables of one kind of database.

    Attributes:
        kind: a short name such as "mien.set"; it is stamped into every database.
        version: of the tables, counted from 1. Raise it when the tables change.
        tables: the tables of this version.
        migrations: {version: a step that turns the tables of this version into those of the next one}. Each step runs in the
            transaction that also raises the stamp.
    """

    kind: str
    version: int
    tables: MetaData
    migrations: Mapping[int, Callable[[Connection], None]] = field(default_factory=dict)


def prepare(connection: Connection, schema: Schema, name: str, make: bool) -> None:
    """Makes the tables of an empty database, or brings those of an older version up to date.

    Args:
        connection: in a transaction that may write.
        schema: what the database shall hold.
        name: of the database, for messages.
        make: whether an empty database may be filled.

    Raises:
        InputError: the database is of another program, of another kind or newer than this version of mien, or it is empty and
            ``make`` is not set.
    """
    stamp = _stamp_table()
    found = set(inspect(connection).get_table_names())
    if STAMP not in found:
        _refuse_foreign(found, schema, name, make)
        schema.tables.create_all(connection)
        stamp.create(connection)
        connection.execute(stamp.insert().values(kind=schema.kind, version=schema.version))
        return
    kind, version = _read(connection, stamp, name)
    if kind != schema.kind:
        raise InputError(f"'{name}' is a database of the kind '{kind}', not '{schema.kind}'; name the other file")
    if version > schema.version:
        raise InputError(
            f"'{name}' was written by a newer mien (its tables have version {version}, this one knows {schema.version}); "
            "update mien"
        )
    for step in range(version, schema.version):
        schema.migrations[step](connection)
        connection.execute(stamp.update().values(version=step + 1))


def current(connection: Connection, schema: Schema) -> bool:
    """Whether the database has the tables of this version already, so that nothing need be written."""
    if not inspect(connection).has_table(STAMP):
        return False
    row = connection.execute(select(_stamp_table())).first()
    return row is not None and tuple(row) == (schema.kind, schema.version)


def _refuse_foreign(found: set[str], schema: Schema, name: str, make: bool) -> None:
    if found:
        raise InputError(
            f"'{name}' is a database of another program (it has a table '{min(found)}'); name another file"
        )
    if not make:
        raise InputError(
            f"'{name}' is empty, and no database of the kind '{schema.kind}'; check that it is the file you mean"
        )


def _read(connection: Connection, stamp: Table, name: str) -> tuple[str, int]:
    row = connection.execute(select(stamp)).first()
    if row is None:
        raise InputError(f"'{name}' does not say what it holds; restore it from a copy")
    return str(row.kind), int(row.version)


def _stamp_table() -> Table:
    return Table(STAMP, MetaData(), Column("kind", String, nullable=False), Column("version", Integer, nullable=False))
