"""A store of an earlier version is brought up to date, whole, also if the process is killed in the middle of it."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy", reason="needs 'mien[store]'")
pytest.importorskip("alembic", reason="needs 'mien[store]'")
pytest.importorskip("cryptography", reason="needs 'mien[store]'")

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from mien.collection.tables import SCHEMA as OF_SETS
from mien.database.database import open_database
from mien.database.schema import REVISION, Schema, scripts
from mien.errors import InputError
from mien.scenarios.store.kept import Score
from mien.scenarios.store.store import FILE, open_store
from mien.scenarios.store.tables import SCHEMA as OF_STORES

from ...conftest import ROOT
from ..made import session

DAY = date(2026, 11, 2)
KEY = bytes(range(32))
OLD = {"version_1": None, "version_1_encrypted": KEY}
"""{file: key}. The files were written by the first version of the tables, and stay as they are when the tables change."""

HERE = Path(__file__).parent
OF_SETS_1 = ROOT / "tests" / "collection" / "version_1.sql"


def old(name: str | Path, file: Path) -> Path:
    """A database as the first version left it."""
    raw = sqlite3.connect(file)
    raw.execute("PRAGMA journal_mode=WAL")
    raw.executescript((HERE / name).with_suffix(".sql").read_text(encoding="utf-8"))
    raw.close()
    return file


def rows(file: Path) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables but those that say the version."""
    raw = sqlite3.connect(file)
    names = [row[0] for row in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    found = {n: sorted(raw.execute(f"SELECT * FROM {n}")) for n in names if n not in (REVISION, "mien_schema")}
    raw.close()
    return found


def check(folder: Path, key: bytes | None) -> None:
    with open_store(str(folder), key) as store:
        (kept,) = store.sessions("p017", "clinical")
        assert kept.values == session(DAY).values
        assert store.scores("p017", "clinical") == [Score(DAY, "PHQ-9", 12.0)]
        with store.database.read() as connection:
            assert [e.who for e in store.log.verified(connection)][:2] == ["ann", "ann"]


@pytest.mark.parametrize("name", OLD)
def test_a_store_of_the_first_version_is_brought_up_to_date(name: str, tmp_path: Path) -> None:
    file = old(name, tmp_path / FILE)
    before = rows(file)
    with open_database(file, OF_STORES):
        pass
    assert rows(file) == before
    check(tmp_path, OLD[name])


def test_without_its_key_nothing_is_read(tmp_path: Path) -> None:
    old("version_1_encrypted", tmp_path / FILE)
    with pytest.raises(InputError, match="is encrypted"):
        open_store(str(tmp_path), None)
    check(tmp_path, KEY)


@pytest.mark.parametrize(("schema", "first"), [(OF_STORES, "version_1"), (OF_SETS, OF_SETS_1)], ids=["store", "set"])
def test_old_tables_become_those_of_a_new_database(schema: Schema, first: str | Path, tmp_path: Path) -> None:
    assert scripts(schema).get_current_head() == schema.revision
    with open_database(old(first, tmp_path / "a.db"), schema) as database, database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, schema.tables) == []
        assert context.get_current_revision() == schema.revision
        connection.rollback()
    shown = []
    for file in (tmp_path / "a.db", tmp_path / "new.db"):
        open_database(file, schema, make=True).close()
        raw = sqlite3.connect(file)
        shown.append(sorted(raw.execute("SELECT type, name, tbl_name FROM sqlite_master")))
        raw.close()
    assert shown[0] == shown[1], "triggers and indexes, too"


KILLED = """
import sys, time
from mien.database import schema
from mien.scenarios.store.store import open_store

def wait(*_):
    print("changed, not committed", flush=True)
    time.sleep(60)

schema._note = wait
open_store(sys.argv[1], None if sys.argv[2] == "None" else bytes.fromhex(sys.argv[2]))
"""


@pytest.mark.parametrize("name", OLD)
def test_a_process_that_is_killed_in_the_middle_loses_nothing(name: str, tmp_path: Path) -> None:
    file, key = old(name, tmp_path / FILE), OLD[name]
    before = rows(file)
    command = [sys.executable, "-c", KILLED, str(tmp_path), "None" if key is None else key.hex()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as changing:
        assert changing.stdout is not None
        assert changing.stdout.readline() == "changed, not committed\n"
        changing.kill()
    raw = sqlite3.connect(file)
    assert raw.execute("SELECT kind, version FROM mien_schema").fetchall() == [("mien.sessions", 1)]
    raw.close()
    assert rows(file) == before
    check(tmp_path, key)
