"""The same store on a real PostgreSQL, which is started for this test in a folder of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy", reason="needs 'mien[store]'")
pytest.importorskip("cryptography", reason="needs 'mien[store]'")
pytest.importorskip("psycopg", reason="needs psycopg: pip install '.[dev]'")

from sqlalchemy import create_engine, inspect
from sqlalchemy.exc import DBAPIError

from mien.database.schema import FIRST, current
from mien.errors import InputError
from mien.scenarios.store.backup import back_up
from mien.scenarios.store.erasure import expire, forget
from mien.scenarios.store.store import open_store
from mien.scenarios.store.tables import SCHEMA

from ..made import session

DAY, KEPT = date(2026, 11, 2), date(2099, 1, 1)
KEY = bytes(range(32))


def program(name: str) -> str:
    places = [*sorted(str(p) for p in Path("/usr/lib/postgresql").glob("*/bin")), os.environ.get("PATH", "")]
    found = shutil.which(name, path=os.pathsep.join(places))
    if found is None:
        pytest.skip("there is no PostgreSQL: apt-get install postgresql")
    return found


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The URL of a new server that listens on a socket in a folder only."""
    owner = "postgres" if os.geteuid() == 0 else None  # it refuses to run as root
    folder = Path(
        subprocess.run(
            ["mktemp", "-d", "/tmp/mien-pg-XXXXXX"], capture_output=True, text=True, check=True
        ).stdout.strip()
    )
    if owner is not None:
        shutil.chown(folder, owner)
    data = folder / "data"

    def run(*command: str) -> None:
        done = subprocess.run(
            command, user=owner, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr.decode()

    run(program("initdb"), "-D", str(data), "-U", "mien", "-A", "trust")
    run(
        program("pg_ctl"),
        "-D",
        str(data),
        "-w",
        "-l",
        str(folder / "log"),
        "-o",
        f"-k {folder} -c listen_addresses=",
        "start",
    )
    try:
        yield f"postgresql+psycopg://mien@/postgres?host={folder}"
    finally:
        run(program("pg_ctl"), "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(folder)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="sockets in folders")
def test_a_store_on_a_server(server: str, tmp_path: Path) -> None:
    with open_store(server, KEY, "ann", make=True) as store:
        for name in ("p017", "p018"):
            store.add(name, session(DAY), KEPT, f"ref-{name}")
        store.add("p019", session(DAY), DAY, "ref-19")
        assert store.sessions("p017", "clinical")[0].values == session(DAY).values
        assert forget(store, "p017") == 1
        assert expire(store, DAY + timedelta(1)) == 1
        assert store.people() == {"p018": 1}
        with pytest.raises(InputError, match="pg_dump"):
            back_up(store, tmp_path / "copy")
        with pytest.raises(DBAPIError, match="can only grow"), store.database.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE audit SET who = 'eve'")
        with store.database.read() as connection:
            assert [e.action for e in store.log.verified(connection)][-3:] == ["forget", "expire", "list"]
    with pytest.raises(InputError, match="is encrypted"):
        open_store(server, None)
    _back_to_version_1(server)
    with open_store(server, KEY, "ann") as store:
        assert store.people() == {"p018": 1}
        with store.database.read() as connection:
            assert current(connection, SCHEMA)
            assert not inspect(connection).has_table(FIRST)


def _back_to_version_1(server: str) -> None:
    """The tables as the first version left them."""
    engine = create_engine(server)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE alembic_version")
        connection.exec_driver_sql("CREATE TABLE mien_schema (kind VARCHAR NOT NULL, version INTEGER NOT NULL)")
        connection.exec_driver_sql("INSERT INTO mien_schema VALUES ('mien.sessions', 1)")
    engine.dispose()
