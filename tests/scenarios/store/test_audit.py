"""Every way to change the log is seen, by the database or by the chain."""

from __future__ import annotations

import sqlite3
from datetime import date
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy", reason="needs 'mien[store]'")
pytest.importorskip("cryptography", reason="needs 'mien[store]'")

from mien.scenarios.store.audit import Entry, TamperedError
from mien.scenarios.store.store import FILE, open_store

from ..made import session

DAY = date(2026, 11, 2)
KEY = bytes(range(32))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with open_store(str(tmp_path), KEY, "ann", make=True) as store:
        for _ in range(3):
            store.add("p017", session(DAY), date(2099, 1, 1), "ref-17")
        store.sessions("p017", "clinical")
    return tmp_path


def entries(folder: Path, expected: str = "") -> list[Entry]:
    with open_store(str(folder), KEY, "ann") as store, store.database.read() as connection:
        return store.log.verified(connection, expected)


def changed(folder: Path, statement: str, triggers: bool = False) -> None:
    raw = sqlite3.connect(folder / FILE)
    try:
        if not triggers:
            for verb in ("update", "delete"):
                raw.execute(f"DROP TRIGGER audit_no_{verb}")
        raw.execute(statement)
        raw.commit()
    finally:
        raw.close()


def test_the_log_says_who_did_what_when_for_what(folder: Path) -> None:
    found = entries(folder)
    assert [(e.n, e.who, e.action, e.purpose) for e in found] == [
        *((n, "ann", "add session", "clinical") for n in (1, 2, 3)),
        (4, "ann", "read sessions", "clinical"),
    ]
    assert len({e.subject for e in found}) == 1
    assert "p017" not in str(found)


@pytest.mark.parametrize("verb", ["UPDATE audit SET who = 'eve'", "DELETE FROM audit WHERE n = 4"])
def test_the_database_itself_refuses(folder: Path, verb: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="can only grow"):
        changed(folder, verb, triggers=True)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET who = 'eve' WHERE n = 2",
        "UPDATE audit SET time = '2020-01-01' WHERE n = 4",
        "DELETE FROM audit WHERE n = 2",
        "DELETE FROM audit WHERE n = 1",
        "UPDATE audit SET n = 9 WHERE n = 4",
        "INSERT INTO audit SELECT 5, time, 'eve', action, purpose, subject, detail, hash, hash FROM audit WHERE n = 4",
    ],
)
def test_the_chain_tells(folder: Path, statement: str) -> None:
    changed(folder, statement)
    with pytest.raises(TamperedError, match="the log was changed: entry"):
        entries(folder)


def test_a_cut_end_is_seen_by_a_hash_that_was_noted(folder: Path) -> None:
    noted = entries(folder)[-1].hash
    assert entries(folder, noted)
    changed(folder, "DELETE FROM audit WHERE n = 4")
    assert len(entries(folder)) == 3
    with pytest.raises(TamperedError, match="its end is missing"):
        entries(folder, noted)


def test_without_the_key_nobody_can_make_a_new_chain(folder: Path) -> None:
    one = entries(folder)[-1]
    forged = Entry(**{**vars(one), "who": "eve"})
    changed(folder, f"UPDATE audit SET who = 'eve', hash = '{forged.computed(None)}' WHERE n = 4")
    with pytest.raises(TamperedError, match="entry 4"):
        entries(folder)
