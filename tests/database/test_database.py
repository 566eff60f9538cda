"""A database is made, opened again, brought up to date, or refused with one sentence; what was committed survives a kill."""

from __future__ import annotations

import atexit
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy")

from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table, insert, select, text
from sqlalchemy.exc import IntegrityError

from mien.collection.tables import SCHEMA as SET
from mien.database.database import Database, open_database
from mien.database.schema import Schema
from mien.errors import InputError

META = MetaData()
things = Table("things", META, Column("id", Integer, primary_key=True), Column("name", String, nullable=False))
parts = Table("parts", META, Column("thing", ForeignKey("things.id", ondelete="CASCADE"), nullable=False))
REVISIONS = Path(tempfile.mkdtemp(prefix="mien-revisions-"))
atexit.register(shutil.rmtree, REVISIONS, ignore_errors=True)
REVISIONS.joinpath("first.py").write_text('revision, down_revision = "mien.test.1", None')
REVISIONS.joinpath("second.py").write_text("""
from alembic import op
from sqlalchemy import Column, Integer, String

revision, down_revision = "mien.test.2", "mien.test.1"

def upgrade():  # the table is made anew, which must not delete the rows that refer to it
    with op.batch_alter_table("things", recreate="always") as things:
        things.add_column(Column("size", Integer, nullable=False, server_default="7"))
        things.alter_column("name", existing_type=String(), nullable=True)
""")
ONE = Schema("mien.test", 1, META, REVISIONS)


def names(database: Database) -> list[str]:
    with database.read() as connection:
        return [row.name for row in connection.execute(select(things).order_by(things.c.id))]


def test_it_is_made_once_and_keeps_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with pytest.raises(InputError, match="there is no database"):
        open_database(path, ONE)
    with open_database(path, ONE, make=True) as made, made.write() as connection:
        connection.execute(insert(things).values(name="first"))
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
    with open_database(f"sqlite:///{path}", ONE) as again:
        assert names(again) == ["first"]


def insert_twice(database: Database) -> None:
    with database.write() as connection:
        for _ in range(2):
            connection.execute(insert(things).values(id=1, name="lost"))


def test_an_error_keeps_nothing_of_its_transaction(tmp_path: Path) -> None:
    with open_database(tmp_path / "a.db", ONE, make=True) as made:
        with pytest.raises(IntegrityError):
            insert_twice(made)
        assert names(made) == []


def test_older_tables_are_brought_up_to_date_and_newer_ones_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with open_database(path, ONE, make=True) as made, made.write() as connection:
        connection.execute(insert(things).values(name="old"))
        connection.execute(insert(parts).values(thing=1))
    later = MetaData()
    wider = Table(
        "things", later, Column("id", Integer, primary_key=True), Column("name", String), Column("size", Integer)
    )
    with open_database(path, Schema("mien.test", 2, later, REVISIONS)) as again, again.read() as connection:
        assert [tuple(row) for row in connection.execute(select(wider))] == [(1, "old", 7)]
        assert [tuple(row) for row in connection.execute(select(parts))] == [(1,)]
    with pytest.raises(InputError, match=r"newer mien .*version 2, this one knows 1"):
        open_database(path, ONE)


def test_what_is_no_database_of_ours_is_refused_in_one_sentence(tmp_path: Path) -> None:
    broken, foreign, damaged = (tmp_path / name for name in ("broken.db", "foreign.db", "damaged.db"))
    broken.write_text("no database at all, but long enough to be looked at" * 99)
    with pytest.raises(InputError, match=r"broken\.db' is no database"):
        open_database(broken, ONE)
    with sqlite3.connect(foreign) as other:
        other.execute("CREATE TABLE moz_places (id)")
    other.close()
    with pytest.raises(InputError, match=r"of another program .*moz_places"):
        open_database(foreign, ONE, make=True)
    open_database(damaged, replace(SET, tables=META), make=True).close()
    with pytest.raises(InputError, match=r"kind 'mien\.set', not 'mien\.test'"):
        open_database(damaged, ONE)
    with pytest.raises(InputError, match="no folder"):
        open_database(tmp_path / "nowhere" / "a.db", ONE, make=True)
    with pytest.raises(InputError, match="kind://user@host/name"):
        open_database("://", ONE)


def test_threads_that_read_and_then_write_lose_nothing(tmp_path: Path) -> None:
    with open_database(tmp_path / "a.db", ONE, make=True) as made:

        def work(who: int) -> None:
            for _ in range(10):
                with made.write() as connection:
                    count = len(connection.execute(select(things)).all())
                    connection.execute(insert(things).values(id=count + 1, name=f"{who}"))

        threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(names(made)) == 40


def test_what_is_erased_is_in_no_file(tmp_path: Path) -> None:
    with open_database(tmp_path / "a.db", ONE, make=True) as made:
        with made.write() as connection:
            connection.execute(insert(things), [{"name": "secret heron"}, {"name": "kept"}])
        with made.write() as connection:
            connection.execute(things.delete().where(things.c.id == 1))
        made.erase()
        assert not any(b"heron" in path.read_bytes() for path in tmp_path.iterdir())
        assert names(made) == ["kept"]


WRITER = """
import sys
from sqlalchemy import insert
from mien.database.database import open_database
from tests.database.test_database import ONE, things
with open_database(sys.argv[1], ONE, make=True) as made:
    for n in range(100000):
        with made.write() as connection:
            connection.execute(insert(things).values(name=str(n)))
        sys.stdout.write(f"{n}\\n")
        sys.stdout.flush()
"""


def test_what_was_committed_survives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        told = [writer.stdout.readline() for _ in range(20)]
        writer.kill()
        told += writer.stdout.readlines()
    with open_database(path, ONE) as again:
        kept = names(again)
    last = int(told[-1] if told[-1].endswith("\n") else told[-2])
    assert kept == [str(n) for n in range(len(kept))]
    assert len(kept) >= last + 1
