"""The tables of a store. Nothing in them names a person: there are pseudonyms, days, and encrypted content."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Column, Date, ForeignKey, Integer, LargeBinary, MetaData, String, Table, event

from mien.database.schema import Schema

TABLES = MetaData()

SETTINGS = Table(
    "settings",
    TABLES,
    Column("name", String, primary_key=True),
    Column("value", LargeBinary, nullable=False),
)
"""``secret`` (random, for marks of forgotten people) and ``check`` (tells whether the key is the right one)."""

PEOPLE = Table(
    "people",
    TABLES,
    Column("id", Integer, primary_key=True),
    Column("pseudonym", String, nullable=False, unique=True),
    Column("salt", LargeBinary, nullable=False),  # what links the person with the log; it goes with the person
    Column("key", LargeBinary),  # the person's own key, encrypted by that of the store; NULL without one
)

CONSENTS = Table(
    "consents",
    TABLES,
    Column("id", Integer, primary_key=True),
    Column("person", ForeignKey("people.id"), nullable=False),
    Column("reference", String, nullable=False),
    Column("purpose", String, nullable=False),
    Column("until", Date),
    Column("withdrawn", Date),
)

RECORDS = Table(
    "records",
    TABLES,
    Column("id", Integer, primary_key=True),
    Column("person", ForeignKey("people.id"), nullable=False, index=True),
    Column("kind", String, nullable=False),  # "session" or "score"
    Column("day", Date, nullable=False),
    Column("purpose", String, nullable=False),
    Column("consent", ForeignKey("consents.id")),  # NULL where none is needed: own recordings
    Column("keep_until", Date, nullable=False),
    Column("payload", LargeBinary, nullable=False),
)

AUDIT = Table(
    "audit",
    TABLES,
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("time", String, nullable=False),
    Column("who", String, nullable=False),
    Column("action", String, nullable=False),
    Column("purpose", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("detail", String, nullable=False),
    Column("previous", String, nullable=False),
    Column("hash", String, nullable=False),
)

FORGOTTEN = Table("forgotten", TABLES, Column("mark", String, primary_key=True), Column("day", Date, nullable=False))
"""Marks of people who were forgotten, so that no backup brings them back. A mark tells nothing without the store's secret."""

_REFUSED = "the log can only grow"


def _append_only(_target: object, connection: Any, **_: object) -> None:
    """Makes the database itself refuse to change or shorten the log."""
    for statement in _TRIGGERS[connection.dialect.name]:
        connection.exec_driver_sql(statement)


_TRIGGERS = {
    "sqlite": [
        f"CREATE TRIGGER audit_no_{verb.lower()} BEFORE {verb} ON audit BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
        for verb in ("UPDATE", "DELETE")
    ],
    "postgresql": [
        f"CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{_REFUSED}'; END $$",
        "CREATE TRIGGER audit_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION "
        "audit_refuse()",
    ],
}
event.listen(AUDIT, "after_create", _append_only)

SCHEMA = Schema("mien.sessions", 2, TABLES, Path(__file__).with_name("revisions"))
