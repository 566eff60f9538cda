"""Writes what the consent table says into a set: who is in which clip, what they agreed to, and under which licence."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

from sqlalchemy import Connection, select, update

from mien.collection import tables
from mien.collection.dataset import DataSet
from mien.collection.rows import row_of
from mien.consent.table import Consents


def apply_consents(dataset: DataSet, consents: Consents) -> None:
    """Brings the people of a set, the persons of its clips and the licences of its recordings up to date, in one transaction.

    People who were forgotten stay so, whatever the table says.
    """
    names = {r.id: r.name for r in dataset.recordings()}
    clips = dataset.clips()
    with dataset.database.write() as connection:
        _write_people(connection, consents)
        for number, name in names.items():
            c = tables.recordings.c
            licence = licence_of(consents, name)
            connection.execute(
                update(tables.recordings).where(c.id == number, c.licence != licence).values(licence=licence)
            )
        for clip in clips:
            person = person_in(consents, names[clip.recording], clip.who)
            if person != clip.person:
                connection.execute(update(tables.clips).where(tables.clips.c.id == clip.id).values(person=person))


def forgotten(dataset: DataSet) -> frozenset[str]:
    """Names of the people who were forgotten: nothing of them is collected again."""
    people = dataset.people().values()
    return frozenset(p.person for p in people if p.consent is not None and not p.consent.scope)


def person_in(consents: Consents, recording: str, who: str) -> str:
    """Who somebody in a recording is: the name in the table, else a name that only this recording has."""
    entry = consents.of(recording, who or None)
    if entry is not None and entry.consent is not None:
        return entry.consent.person
    return f"{PurePosixPath(recording).with_suffix('')}/{who or 'somebody'}"


def licence_of(consents: Consents, recording: str) -> str:
    """The licence of a recording; "" without one."""
    found: Iterable[str] = (e.licence for e in consents.entries if e.licence and not e.who and e.fits(recording, None))
    return next(iter(found), "")


def _write_people(connection: Connection, consents: Consents) -> None:
    known = {row.person: row for row in connection.execute(select(tables.people))}
    for entry in consents.entries:
        if entry.consent is None:
            continue
        row = row_of(entry.consent, entry.gender, entry.age)
        name = row["person"]
        if name not in known:
            connection.execute(tables.people.insert().values(row))
            known[name] = connection.execute(select(tables.people).where(tables.people.c.person == name)).one()
        elif known[name].scope:
            kept = {k: v for k, v in row.items() if v not in ("", None) or k in ("until", "withdrawn")}
            connection.execute(update(tables.people).where(tables.people.c.person == name).values(kept))
