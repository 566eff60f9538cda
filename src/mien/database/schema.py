"""What a database of mien holds: its tables, and the revision of Alembic that says which kind and version they are.

A new database is made in its newest form. An older one is brought up to date by the revisions of its kind, one file a step, in
the folder that its ``Schema`` names: all of them in one transaction, so a process that is killed meanwhile leaves the old
tables as they were.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Column, Connection, MetaData, String, Table, inspect, select

from mien.errors import InputError

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory

REVISION = "alembic_version"
"""The table of Alembic with one row: the revision."""

FIRST = "mien_schema"
"""The table that said the kind and the version before mien used Alembic; see ``revisions`` of each kind."""

_TURN = 21_092_002  # a number of ours: who makes or changes tables on a server waits for others who do


@dataclass(frozen=True)
class Schema:
    """The tables of one kind of database.

    Attributes:
        kind: a short name such as "mien.set".
        version: of the tables, counted from 1. Raise it when the tables change.
        tables: the tables of this version.
        revisions: the folder with the revisions. That of version 2 is called "mien.set.2".
    """

    kind: str
    version: int
    tables: MetaData
    revisions: Path

    @property
    def revision(self) -> str:
        """The newest one."""
        return f"{self.kind}.{self.version}"


def prepare(connection: Connection, schema: Schema, name: str, make: bool) -> None:
    """Makes the tables of an empty database, or brings those of an older version up to date.

    Args:
        connection: in a transaction of ``Database.change_tables``.
        schema: what the database shall hold.
        name: of the database, for messages.
        make: whether an empty database may be filled.

    Raises:
        InputError: the database is of another program, of another kind or newer than this version of mien, or it is empty and
            ``make`` is not set.
    """
    if connection.dialect.name == "postgresql":  # SQLite has one writer anyway
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_TURN})")
    found = set(inspect(connection).get_table_names())
    if not found:
        if not make:
            raise InputError(
                f"'{name}' is empty, and no database of the kind '{schema.kind}'; check that it is the file you mean"
            )
        schema.tables.create_all(connection)
        _note(connection, schema)
        return
    kind, version = _read(connection, found, name)
    if kind != schema.kind:
        raise InputError(f"'{name}' is a database of the kind '{kind}', not '{schema.kind}'; name the other file")
    if version > schema.version:
        raise InputError(
            f"'{name}' was written by a newer mien (its tables have version {version}, this one knows {schema.version}); "
            "update mien"
        )
    _upgrade(connection, schema, f"{kind}.{version}")


def current(connection: Connection, schema: Schema) -> bool:
    """Whether the database has the tables of this version already, so that nothing need be written."""
    return inspect(connection).has_table(REVISION) and _revision(connection) == schema.revision


def scripts(schema: Schema) -> ScriptDirectory:
    """The revisions of a kind, as Alembic reads them."""
    from alembic.script import ScriptDirectory

    return ScriptDirectory(str(schema.revisions), version_locations=[str(schema.revisions)])


def _upgrade(connection: Connection, schema: Schema, old: str) -> None:
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext

    steps = [step for step in scripts(schema).iterate_revisions(schema.revision, old) if step.revision != old]
    with Operations.context(MigrationContext.configure(connection)):
        for step in reversed(steps):
            step.module.upgrade()
    _note(connection, schema)


def _note(connection: Connection, schema: Schema) -> None:
    from alembic.runtime.migration import MigrationContext

    MigrationContext.configure(connection).stamp(scripts(schema), schema.revision)


def _read(connection: Connection, found: set[str], name: str) -> tuple[str, int]:
    """The kind and version of a database."""
    if REVISION in found:
        revision = _revision(connection)
        kind, _, version = (revision or "").rpartition(".")
        if kind and version.isdigit():
            return kind, int(version)
    elif FIRST in found:
        row = connection.execute(select(_first())).first()
        if row is not None:
            return str(row.kind), int(row.version)
    else:
        raise InputError(
            f"'{name}' is a database of another program (it has a table '{min(found)}'); name another file"
        )
    raise InputError(
        f"'{name}' does not say what it holds, or another program wrote it; name another file, or restore it"
    )


def _revision(connection: Connection) -> str | None:
    table = Table(REVISION, MetaData(), Column("version_num", String))
    revision: str | None = connection.execute(select(table.c.version_num)).scalar()
    return revision


def _first() -> Table:
    return Table(FIRST, MetaData(), Column("kind", String), Column("version", String))
