"""What is kept comes back, needs its consent and its key, ends by itself, and leaves no byte behind when it is erased."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

pytest.importorskip("sqlalchemy", reason="needs 'mien[store]'")
pytest.importorskip("cryptography", reason="needs 'mien[store]'")

from mien.errors import InputError
from mien.scenarios.store.audit import Entry
from mien.scenarios.store.backup import back_up, restore
from mien.scenarios.store.cipher import VARIABLE, key_from, new_key, write_key
from mien.scenarios.store.erasure import expire, forget
from mien.scenarios.store.kept import Score
from mien.scenarios.store.store import FILE, Store, open_store

from ..made import session

DAY, KEPT = date(2026, 11, 2), date(2099, 1, 1)
KEY = bytes(range(32))


@pytest.fixture(params=[None, KEY], ids=["plain", "encrypted"])
def key(request: pytest.FixtureRequest) -> bytes | None:
    found: bytes | None = request.param
    return found


@pytest.fixture
def store(tmp_path: Path, key: bytes | None) -> Iterator[Store]:
    with open_store(str(tmp_path / "clinic"), key, "tester", make=True) as found:
        yield found


def content(store: Store) -> bytes:
    file = Path(str(store.database.engine.url.database))
    return b"".join(p.read_bytes() for p in file.parent.iterdir())


def test_what_is_kept_comes_back_in_order_of_days(store: Store) -> None:
    later, earlier = session(DAY + timedelta(7), {"valence": 0.5}), session(DAY)
    for one in (later, earlier):
        store.add("p017", one, KEPT, "ref-17")
    store.add("p017", Score(DAY, "PHQ-9", 12.0), KEPT, "ref-17")
    found = store.sessions("p017", "clinical")
    assert [s.day for s in found] == [earlier.day, later.day]
    assert [s.values for s in found] == [earlier.values, later.values]
    assert store.scores("p017", "clinical") == [Score(DAY, "PHQ-9", 12.0)]
    assert store.sessions("p017", "research") == [], "another purpose"
    assert store.people() == {"p017": 3}


def test_the_file_is_for_its_owner_and_holds_no_number_in_clear_with_a_key(store: Store, key: bytes | None) -> None:
    store.add("p017", session(DAY), KEPT, "ref-17")
    file = Path(str(store.database.engine.url.database))
    assert os.stat(file).st_mode & 0o077 == 0
    assert (b"speech_rate" in content(store)) == (key is None)


def test_the_key_must_be_the_right_one(tmp_path: Path, store: Store, key: bytes | None) -> None:
    store.add("p017", session(DAY), KEPT, "ref-17")
    for wrong, said in ((None, "is encrypted"), (new_key(), "does not fit|without a key")):
        if wrong != key:
            with pytest.raises(InputError, match=said):
                open_store(str(tmp_path / "clinic"), wrong)


def test_an_encrypted_record_cannot_be_moved_to_another_person(tmp_path: Path) -> None:
    with open_store(str(tmp_path), KEY, make=True) as store:
        store.add("a", session(DAY), KEPT)
        store.add("b", session(DAY, {"valence": 0.9}), KEPT)
    with sqlite3.connect(tmp_path / FILE) as raw:
        raw.execute("UPDATE records SET payload = (SELECT payload FROM records WHERE person = 1) WHERE person = 2")
    raw.close()
    with open_store(str(tmp_path), KEY) as store, pytest.raises(InputError, match="was changed"):
        store.sessions("b", "clinical")


def test_keys_lie_in_files_or_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "key"
    write_key(file)
    assert file.stat().st_mode & 0o077 == 0
    assert key_from(None) is None
    monkeypatch.setenv(VARIABLE, file.read_text())
    assert key_from(None) == key_from(file)
    with pytest.raises(InputError, match="there already"):
        write_key(file)
    file.write_text("no key")
    with pytest.raises(InputError, match="holds no key"):
        key_from(file)


@pytest.mark.parametrize("name", ["Anna Berg", "anna@example.org", "", "a" * 41, "../x"])
def test_names_are_no_pseudonyms(store: Store, name: str) -> None:
    with pytest.raises(InputError, match="no pseudonym"):
        store.add(name, session(DAY), KEPT)


def test_a_consent_that_ended_or_was_taken_back_closes_its_records(store: Store) -> None:
    store.add("p017", session(DAY), KEPT, "ref-17")
    store.agree("p017", "ref-17", "clinical", until=DAY + timedelta(30), withdrawn=None)
    assert store.sessions("p017", "clinical", DAY + timedelta(30))
    with pytest.raises(InputError, match="has ended"):
        store.sessions("p017", "clinical", DAY + timedelta(31))
    store.agree("p017", "ref-17", "clinical", until=None, withdrawn=DAY)
    with pytest.raises(InputError, match="was taken back"):
        store.sessions("p017", "clinical", DAY)
    with pytest.raises(InputError, match="was taken back"):
        store.add("p017", session(DAY), KEPT, "ref-17")


def test_who_is_forgotten_is_gone_byte_by_byte(store: Store, key: bytes | None) -> None:
    big = session(DAY, {f"p017-{n}": float(n) for n in range(400)})  # over several pages
    for _ in range(3):
        store.add("p017", big, KEPT, "ref-of-p017")
        store.add("p018", session(DAY), KEPT, "ref-18")
    assert b"p017" in content(store)
    assert forget(store, "p017") == 3
    assert b"p017" not in content(store)
    assert store.people() == {"p018": 3}
    assert len(store.sessions("p018", "clinical")) == 3
    with pytest.raises(InputError, match="nobody called 'p017'"):
        store.sessions("p017", "clinical")


def test_an_erasure_that_another_program_hinders_is_told_and_done_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mien.database.database._SETTINGS", ("journal_mode=WAL", "busy_timeout=50"))
    with open_store(str(tmp_path), None, "x", make=True) as store:
        store.add("p017", session(DAY), KEPT)
        for hold in ("BEGIN", "BEGIN IMMEDIATE"):
            other = sqlite3.connect(tmp_path / FILE, isolation_level=None)
            other.execute(hold)
            other.execute("SELECT * FROM records").fetchone()
            with pytest.raises(InputError, match=r"another program has the store open|is in use"):
                forget(store, "p017") if hold == "BEGIN" else expire(store)
            other.close()
        assert b"p017" in content(store)
        expire(store)
        assert b"p017" not in content(store)


def test_records_end_by_themselves(store: Store) -> None:
    store.add("p017", session(DAY), DAY + timedelta(10), "ref-17")
    store.add("p018", session(DAY), DAY + timedelta(20), "ref-18")
    assert expire(store, DAY + timedelta(10)) == 0
    assert expire(store, DAY + timedelta(11)) == 1
    assert store.people() == {"p018": 1}
    assert b"p017" not in content(store)


def test_a_backup_brings_back_everything_but_the_forgotten(tmp_path: Path, store: Store, key: bytes | None) -> None:
    for name in ("p017", "p018"):
        store.add(name, session(DAY), KEPT, f"ref-{name}")
    back_up(store, tmp_path / "copy")
    with pytest.raises(InputError, match="there already"):
        back_up(store, tmp_path / "copy")
    forget(store, "p017")
    with store.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM records")  # an accident
    before = [e.action for e in log(store)]
    store.database.close()
    assert restore(tmp_path / "copy", tmp_path / "clinic", key, "tester") == 1
    with open_store(str(tmp_path / "clinic"), key) as again:
        assert again.people() == {"p018": 1}
        assert [e.action for e in log(again)] == [*before, "restore", "list"]
        assert b"p017" not in content(again)
    assert restore(tmp_path / "copy", tmp_path / "elsewhere", key) == 0
    with open_store(str(tmp_path / "elsewhere"), key) as new:
        assert new.people() == {"p017": 1, "p018": 1}


def test_who_comes_again_after_being_forgotten_is_kept(tmp_path: Path, store: Store, key: bytes | None) -> None:
    for _ in range(2):
        store.add("p017", session(DAY), KEPT)
        assert forget(store, "p017") == 1
    store.add("p017", session(DAY), KEPT)
    back_up(store, tmp_path / "copy")
    store.database.close()
    assert restore(tmp_path / "copy", tmp_path / "clinic", key) == 0
    with open_store(str(tmp_path / "clinic"), key) as again:
        assert again.people() == {"p017": 1}


def test_a_consent_that_waits_for_its_first_recording_stays(store: Store) -> None:
    store.agree("p017", "ref-17", "clinical", until=None, withdrawn=None)
    assert expire(store, DAY) == 0
    assert store.people() == {"p017": 0}


def test_several_programs_may_have_a_store_open(tmp_path: Path, store: Store, key: bytes | None) -> None:
    store.add("p017", session(DAY), KEPT)
    with open_store(str(tmp_path / "clinic"), key) as other, other.database.read() as reading:
        reading.exec_driver_sql("SELECT * FROM records").fetchone()
        assert expire(store, DAY) == 0


def test_a_backup_of_another_store_is_refused(tmp_path: Path, store: Store, key: bytes | None) -> None:
    with open_store(str(tmp_path / "other"), key, "x", make=True) as other:
        other.add("p1", session(DAY), KEPT)
        back_up(other, tmp_path / "copy")
    store.add("p017", session(DAY), KEPT)
    with pytest.raises(InputError, match="another store"):
        restore(tmp_path / "copy", tmp_path / "clinic", key)
    (tmp_path / "noise").write_bytes(b"x" * 5000)
    for folder in ("clinic", "new"):
        with pytest.raises(InputError, match="no copy of a store"):
            restore(tmp_path / "noise", tmp_path / folder, key)
    assert not (tmp_path / "new").exists()


def log(store: Store) -> list[Entry]:
    with store.database.read() as connection:
        return store.log.verified(connection)
