"""A log that can only grow. Each entry holds the hash of the one before, so no entry can be changed, left out or put in unseen.

With a key the hashes are keyed (HMAC-SHA-256), so that somebody without the key cannot compute a new chain. Entries cut off at
the end leave a shorter chain that is whole: note the number and hash of the last entry elsewhere (``mien session audit`` prints
them), and ``verified`` compares.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, select, text

from mien.errors import MienError
from mien.scenarios.store.tables import AUDIT

_FIRST = "0" * 64


class TamperedError(MienError):
    """The log was changed."""


@dataclass(frozen=True)
class Entry:
    """One entry: its number from 1, the time (UTC), who did what for which purpose, and about whom.

    ``subject`` is a hash that can be computed while the person is in the store, and tells nothing afterwards; "" for nobody.
    """

    n: int
    time: str
    who: str
    action: str
    purpose: str
    subject: str
    detail: str
    previous: str
    hash: str

    def computed(self, key: bytes | None) -> str:
        """The hash that the entry should have."""
        content = {name: value for name, value in asdict(self).items() if name != "hash"}
        told = json.dumps(content, sort_keys=True, ensure_ascii=False).encode()
        return (hmac.new(key, told, "sha256") if key is not None else hashlib.sha256(told)).hexdigest()


@dataclass(frozen=True)
class Log:
    """The log of a store.

    Attributes:
        key: of the hashes; ``None`` for plain ones.
        who: who is at work.
    """

    key: bytes | None
    who: str

    def add(self, connection: Connection, action: str, purpose: str = "", subject: str = "", detail: str = "") -> None:
        """Adds an entry in the transaction of what it is about: both are kept, or neither."""
        if connection.dialect.name == "postgresql":  # a writer of SQLite is alone already
            connection.execute(text("LOCK TABLE audit IN EXCLUSIVE MODE"))
        last = connection.execute(select(AUDIT).order_by(AUDIT.c.n.desc()).limit(1)).first()
        n, previous = (last.n + 1, last.hash) if last is not None else (1, _FIRST)
        time = datetime.now(UTC).isoformat(timespec="milliseconds")
        entry = Entry(n, time, self.who, action, purpose, subject, detail, previous, "")
        connection.execute(AUDIT.insert().values(**{**asdict(entry), "hash": entry.computed(self.key)}))

    def verified(self, connection: Connection, expected: str = "") -> list[Entry]:
        """All entries, in order.

        Args:
            connection: of the store.
            expected: hash of an entry that was noted elsewhere and must be there; "" for none.

        Raises:
            TamperedError: the chain is broken, or the expected entry is missing.
        """
        entries = [Entry(**row._mapping) for row in connection.execute(select(AUDIT).order_by(AUDIT.c.n))]
        self.check(entries)
        if expected and expected not in {entry.hash for entry in entries}:
            raise TamperedError(f"the log was changed: no entry has the hash {expected[:12]}..., so its end is missing")
        return entries

    def check(self, entries: Sequence[Entry]) -> None:
        """Refuses a chain that is broken.

        Raises:
            TamperedError: it names the first entry that does not fit.
        """
        previous = _FIRST
        for n, entry in enumerate(entries, start=1):
            if (entry.n, entry.previous, entry.hash) != (n, previous, entry.computed(self.key)):
                raise TamperedError(f"the log was changed: entry {n} does not fit; compare with a backup")
            previous = entry.hash
