"""The store of people's recordings over time: opened, written, read. Every act leaves an entry in the log."""

from __future__ import annotations

import getpass
import hashlib
import hmac
import os
import re
import secrets
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Row, select

from mien.consent.consent import Consent
from mien.database.database import Database, open_database
from mien.errors import InputError
from mien.scenarios.store.audit import Log
from mien.scenarios.store.cipher import Cipher, new_key
from mien.scenarios.store.kept import Score, Session
from mien.scenarios.store.tables import CONSENTS, PEOPLE, RECORDS, SCHEMA, SETTINGS

FILE = "sessions.sqlite"
_PSEUDONYM = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_CHECK = b"mien.sessions"


class Store:
    """An open store. Use it as a context manager.

    Args:
        database: the open database.
        key: the key of the store; ``None`` for one that is not encrypted.
        who: who is at work, for the log.
    """

    def __init__(self, database: Database, key: bytes | None, who: str) -> None:
        self.database, self.cipher, self.log = database, Cipher(key), Log(key, who)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.database.close()

    def add(self, pseudonym: str, record: Session | Score, keep_until: date, consent: str = "") -> int:
        """Keeps a record of a person, and says so in the log.

        Args:
            pseudonym: the person; a new one is added.
            record: what is kept.
            keep_until: the last day on which it is kept.
            consent: where the consent lies. A reference that is new for this person and purpose is noted as given.

        Returns:
            The number of the record.

        Raises:
            InputError: the pseudonym looks like a name, or the consent does not cover this purpose and day.
        """
        _check_pseudonym(pseudonym)
        kind = "session" if isinstance(record, Session) else "score"
        with self.database.write() as connection:
            person = self._found(connection, pseudonym) or self._new(connection, pseudonym)
            agreed = self._agreed(connection, person, record.purpose, consent)
            values = {
                "person": person.id,
                "kind": kind,
                "day": record.day,
                "purpose": record.purpose,
                "consent": agreed,
                "keep_until": keep_until,
                "payload": self._own(person).encrypt(record.packed(), _about(person.id, kind, record.day)),
            }
            number: int = connection.execute(RECORDS.insert().values(**values).returning(RECORDS.c.id)).scalar_one()
            self.log.add(connection, f"add {kind}", record.purpose, subject(person), f"record {number}")
        return number

    def check(self, pseudonym: str, purpose: str, consent: str) -> None:
        """Refuses, before a recording is read, what ``add`` would refuse after it.

        Raises:
            InputError: see ``add``.
        """
        _check_pseudonym(pseudonym)
        with self.database.read() as connection:
            person = self._found(connection, pseudonym)
            known = None if person is None else self._consent(connection, person, purpose, consent)
            if person is not None and known is not None:
                _check_consent(connection, person, known.id, date.today())

    def sessions(self, pseudonym: str, purpose: str, day: date | None = None) -> list[Session]:
        """The sessions of a person for one purpose, in order of days. Reading is logged.

        Raises:
            InputError: there is no such person, or a consent has ended or was withdrawn; or the key is another one.
        """
        rows, person = self._read(pseudonym, "session", purpose, day)
        return [Session.unpacked(self._plain(person, r), r.day, r.purpose, r.id) for r in rows]

    def scores(self, pseudonym: str, purpose: str, day: date | None = None) -> list[Score]:
        """The typed-in scores of a person, in order of days; see ``sessions``."""
        rows, person = self._read(pseudonym, "score", purpose, day)
        return [Score.unpacked(self._plain(person, r), r.day, r.purpose) for r in rows]

    def people(self) -> dict[str, int]:
        """{pseudonym: number of records}, in order of names. Listing is logged."""
        with self.database.write() as connection:
            self.log.add(connection, "list")
            rows = connection.execute(select(PEOPLE).order_by(PEOPLE.c.pseudonym)).all()
            counted = [row[0] for row in connection.execute(select(RECORDS.c.person))]
        return {row.pseudonym: counted.count(row.id) for row in rows}

    def agree(self, pseudonym: str, reference: str, purpose: str, until: date | None, withdrawn: date | None) -> None:
        """Notes a consent, or changes its end or the day on which it was taken back.

        Raises:
            InputError: the pseudonym looks like a name, or the reference is empty.
        """
        _check_pseudonym(pseudonym)
        if not reference:
            raise InputError("a consent needs a reference that says where it lies; add --consent REFERENCE")
        with self.database.write() as connection:
            person = self._found(connection, pseudonym) or self._new(connection, pseudonym)
            known = self._consent(connection, person, purpose, reference)
            values = {"until": until, "withdrawn": withdrawn}
            if known is None:
                row = {"person": person.id, "reference": reference, "purpose": purpose, **values}
                connection.execute(CONSENTS.insert().values(**row))
            else:
                given = {name: value for name, value in values.items() if value is not None}
                if given:
                    connection.execute(CONSENTS.update().where(CONSENTS.c.id == known.id).values(**given))
            self.log.add(connection, "withdraw" if withdrawn else "consent", purpose, subject(person), reference)

    def _read(self, pseudonym: str, kind: str, purpose: str, day: date | None) -> tuple[list[Row[Any]], Row[Any]]:
        with self.database.write() as connection:
            person = self.known(connection, pseudonym)
            chosen = select(RECORDS).where(RECORDS.c.person == person.id, RECORDS.c.kind == kind)
            rows = connection.execute(
                chosen.where(RECORDS.c.purpose == purpose).order_by(RECORDS.c.day, RECORDS.c.id)
            ).all()
            for number in {row.consent for row in rows if row.consent is not None}:
                _check_consent(connection, person, number, day or date.today())
            self.log.add(connection, f"read {kind}s", purpose, subject(person), f"{len(rows)} records")
        return list(rows), person

    def _plain(self, person: Row[Any], row: Row[Any]) -> bytes:
        return self._own(person).decrypt(row.payload, _about(person.id, row.kind, row.day))

    def known(self, connection: Connection, pseudonym: str) -> Row[Any]:
        """The row of a person.

        Raises:
            InputError: there is no such person.
        """
        person = self._found(connection, pseudonym)
        if person is None:
            raise InputError(f"the store knows nobody called '{pseudonym}'; mien session list names all")
        return person

    def _found(self, connection: Connection, pseudonym: str) -> Row[Any] | None:
        return connection.execute(select(PEOPLE).where(PEOPLE.c.pseudonym == pseudonym)).first()

    def _new(self, connection: Connection, pseudonym: str) -> Row[Any]:
        key = None if self.cipher.key is None else self.cipher.encrypt(new_key(), "person")
        connection.execute(PEOPLE.insert().values(pseudonym=pseudonym, salt=secrets.token_bytes(16), key=key))
        return self.known(connection, pseudonym)

    def _own(self, person: Row[Any]) -> Cipher:
        """The cipher of one person."""
        return Cipher(None if person.key is None else self.cipher.decrypt(person.key, "person"))

    def _agreed(self, connection: Connection, person: Row[Any], purpose: str, reference: str) -> int | None:
        if not reference:
            return None
        known = self._consent(connection, person, purpose, reference)
        if known is None:
            row = {"person": person.id, "reference": reference, "purpose": purpose}
            new: int = connection.execute(CONSENTS.insert().values(**row).returning(CONSENTS.c.id)).scalar_one()
            return new
        _check_consent(connection, person, known.id, date.today())
        return int(known.id)

    def _consent(self, connection: Connection, person: Row[Any], purpose: str, reference: str) -> Row[Any] | None:
        chosen = select(CONSENTS).where(CONSENTS.c.person == person.id, CONSENTS.c.reference == reference)
        return connection.execute(chosen.where(CONSENTS.c.purpose == purpose)).first()


def open_store(place: str, key: bytes | None, who: str = "", make: bool = False) -> Store:
    """Opens a store.

    Args:
        place: a folder, in which the file ``sessions.sqlite`` lies, or the URL of a database for SQLAlchemy.
        key: the key; ``None`` for a store that is not encrypted.
        who: who is at work; the name of the user without it.
        make: whether a store that is not there is made.

    Raises:
        InputError: there is no store, it cannot be opened, or the key is another one.
    """
    database = open_database(place if "://" in place else _file(Path(place), make), SCHEMA, make)
    store = Store(database, key, who or getpass.getuser())
    try:
        with database.write() as connection:
            _check_key(connection, store.cipher)
    except BaseException:
        database.close()
        raise
    return store


def _file(folder: Path, make: bool) -> Path:
    file = folder / FILE
    if make and not file.exists():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))  # nobody else may read it
        except OSError as error:
            raise InputError(f"the store '{folder}' cannot be made: {error.strerror}") from error
    elif not make and not file.is_file():
        raise InputError(f"there is no store in '{folder}'; mien session add makes one")
    return file


def _check_key(connection: Connection, cipher: Cipher) -> None:
    """Notes what tells the key in a new store, and compares it in one that was made before."""
    found = {row.name: row.value for row in connection.execute(select(SETTINGS))}
    if not found:
        rows = {"check": cipher.encrypt(_CHECK, "check"), "secret": secrets.token_bytes(32)}
        connection.execute(SETTINGS.insert(), [{"name": name, "value": value} for name, value in rows.items()])
        return
    plain = found["check"].endswith(_CHECK)
    if cipher.key is None and not plain:
        raise InputError("the store is encrypted; name its key with --key FILE, or put it into MIEN_STORE_KEY")
    if cipher.key is not None and plain:
        raise InputError("the store was made without a key, so leave --key and MIEN_STORE_KEY out")
    cipher.decrypt(found["check"], "check")


def subject(person: Row[Any]) -> str:
    """How the log calls a person. Without the salt, which goes with the person, it tells nothing."""
    return hmac.new(person.salt, person.pseudonym.encode(), hashlib.sha256).hexdigest()[:16]


def _about(person: int, kind: str, day: date) -> str:
    """What binds an encrypted content to its row."""
    return f"{person}|{kind}|{day.isoformat()}"


def _check_pseudonym(pseudonym: str) -> None:
    if not _PSEUDONYM.fullmatch(pseudonym):
        raise InputError(f"'{pseudonym}' is no pseudonym; take letters, digits, '-' and '_', such as p017, and no name")


def _check_consent(connection: Connection, person: Row[Any], number: int, day: date) -> None:
    row = connection.execute(select(CONSENTS).where(CONSENTS.c.id == number)).one()
    consent = Consent(person.pseudonym, frozenset({"analyze"}), row.until, row.withdrawn, row.reference)
    verdict = consent.allows("analyze", day)
    if not verdict.allowed:
        ended = "was taken back" if verdict.reason == "withdrawn" else "has ended"
        raise InputError(
            f"the consent '{row.reference}' of '{person.pseudonym}' {ended}; erase what is kept with mien session forget, "
            "or note a new consent"
        )
