"""Reads consent.csv: a row for each person, or several where a person is in several recordings.

    person,scope,until,withdrawn,reference,recordings,who,licence,gender,age
    anna,label|train,2027-12-31,,form-12.pdf,anna_*.mp4,,,female,34

A row names a person with a scope, or a licence that covers everybody in its recordings, or both. Other
columns may be left out.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path

from mien.consent.consent import PURPOSES, Consent, Purpose
from mien.errors import InputError, closest
from mien.files.ordinary import read_bytes

COLUMNS = ("person", "scope", "until", "withdrawn", "reference", "recordings", "who", "licence", "gender", "age")
_LARGEST = 20_000_000  # bytes


@dataclass(frozen=True)
class Entry:
    """One row of the table.

    Attributes:
        consent: of the person; ``None`` in a row that gives a licence alone.
        recordings: patterns of file names, such as "anna_*.mp4"; empty when the row fits every recording.
        who: the person in the recording as mien numbers people, such as "person-1"; "" for everybody in it.
        licence: of the recordings, such as "CC-BY-4.0"; "" when there is none.
        gender, age: of the person, as given; "" when not given.
    """

    consent: Consent | None = None
    recordings: tuple[str, ...] = ()
    who: str = ""
    licence: str = ""
    gender: str = ""
    age: str = ""

    def fits(self, recording: str, who: str | None) -> bool:
        """Whether the row is about this person of a recording.

        Args:
            recording: the path of the recording below the folder of recordings, with "/". A pattern without "/" is compared
                with the last part alone.
            who: as mien numbers people; ``None`` when unknown.
        """
        if self.who and self.who != who:
            return False
        names = recording, recording.rpartition("/")[2]
        return not self.recordings or any(fnmatchcase(names["/" not in p], p) for p in self.recordings)


@dataclass(frozen=True)
class Consents:
    """All rows of a table, in order."""

    entries: tuple[Entry, ...] = ()

    def of(self, recording: str, who: str | None) -> Entry | None:
        """The first row that fits, rows that name ``who`` before others; ``None`` when nobody agreed."""
        fitting = [entry for entry in self.entries if entry.fits(recording, who)]
        return next((e for e in fitting if e.who), fitting[0] if fitting else None)

    def of_person(self, person: str) -> Consent | None:
        """The consent of a person; ``None`` when there is none."""
        return next((e.consent for e in self.entries if e.consent and e.consent.person == person), None)


def read_consents(path: Path) -> Consents:
    """The table in a CSV file (UTF-8).

    Raises:
        InputError: there is no such file, or a row has a mistake; the message names the line.
    """
    try:
        text = read_bytes(path, _LARGEST).decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except UnicodeDecodeError as error:
        raise InputError(f"'{path}' is not UTF-8 text; save it as UTF-8") from error
    except csv.Error as error:
        raise InputError(f"'{path}' is no CSV ({error}); is a quote opened in it and never closed?") from error
    header = [name.strip() for name in rows[0]] if rows else []
    _check_header(path, header)
    entries = tuple(_entry(path, n, header, row) for n, row in enumerate(rows[1:], start=2) if any(map(str.strip, row)))
    if not entries:
        raise InputError(f"'{path}' names nobody; it needs a row for each person below its header")
    _check_people(path, entries)
    return Consents(entries)


def _check_header(path: Path, header: Sequence[str]) -> None:
    for name in header:
        if name not in COLUMNS:
            raise InputError(f"'{path}' has a column '{name}'; {closest(name, COLUMNS)}")
        if header.count(name) > 1:
            raise InputError(f"'{path}' has several columns called '{name}'; keep one")
    if not {"person", "licence"} & set(header):
        raise InputError(f"'{path}' has no column 'person'; its first line names the columns: {','.join(COLUMNS)}")


def _entry(path: Path, line: int, header: Sequence[str], row: Sequence[str]) -> Entry:
    if len(row) > len(header):
        raise InputError(f"row {line} of '{path}' has more values than the header has columns")
    values = {name: value.strip() for name, value in zip(header, row, strict=False)}
    try:
        return _meaning({name: values.get(name, "") for name in COLUMNS})
    except ValueError as error:
        raise InputError(f"row {line} of '{path}': {error}") from None


def _meaning(values: Mapping[str, str]) -> Entry:
    consent = _consent(values) if values["person"] else None
    if consent is None and values["scope"]:
        raise ValueError("it has a scope and names no person")
    if consent is None and not values["licence"]:
        raise ValueError("it names neither a person nor a licence")
    patterns = _several(values["recordings"])
    return Entry(consent, patterns, *(values[name] for name in ("who", "licence", "gender", "age")))


def _consent(values: Mapping[str, str]) -> Consent:
    scope = frozenset(_purpose(name) for name in _several(values["scope"]))
    if not scope:
        raise ValueError(f"'scope' is empty; name purposes, such as label|train; known: {', '.join(PURPOSES)}")
    until, withdrawn = _day("until", values["until"]), _day("withdrawn", values["withdrawn"])
    return Consent(values["person"], scope, until, withdrawn, values["reference"])


def _several(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split("|") if part.strip())


def _purpose(name: str) -> Purpose:
    if name not in PURPOSES:
        raise ValueError(f"'{name}' is no purpose; {closest(name, PURPOSES)}")
    return name


def _day(column: str, value: str) -> date | None:
    if not value:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"'{column}' is a day such as 2027-12-31, not '{value}'") from None


def _check_people(path: Path, entries: Sequence[Entry]) -> None:
    """Refuses two rows that say different things about one person's consent."""
    first: dict[str, Consent] = {}
    for consent in (e.consent for e in entries if e.consent is not None):
        if first.setdefault(consent.person, consent) != consent:
            raise InputError(
                f"'{path}' says two things about '{consent.person}'; give all rows of a person the same scope, until, "
                "withdrawn and reference"
            )
