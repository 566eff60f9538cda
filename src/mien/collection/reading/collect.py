"""Collects recordings into a set. Each is read once and stored in one transaction, so a kill costs the one in work alone."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from mien.collection import tables
from mien.collection.dataset import DataSet, place_of
from mien.collection.drafting import Drafted
from mien.collection.reading.near import groups, near_pairs
from mien.collection.reading.read import Read, read
from mien.collection.rights.people import apply_consents, forgotten, licence_of, person_in
from mien.collection.rights.permission import USABLE, ground
from mien.collection.rows import Recording, now
from mien.collection.splits import assign
from mien.collection.truth import truths
from mien.consent.table import Consents
from mien.errors import explain, of_the_clip
from mien.events import Progress, Skipped, Work
from mien.pipeline import Analyzer
from mien.runtime.cache import file_sha256, replacing

COPIES = "recordings"
"""The folder in a set that holds copies of recordings."""


@dataclass(frozen=True)
class Collected:
    """What a set holds after collecting.

    Attributes:
        read: recordings that were read now.
        known: recordings that the set had before.
        unreadable: (name, why) of recordings that could not be read now.
        silent: names of recordings in which nothing was found.
        clips: all clips of the set.
        usable: those that passed every gate.
        refused: {code of a gate: clips that failed it}.
        near: clips that are near-duplicates of an earlier one.
        people: persons in usable clips.
        unsettled: usable clips without a consent or licence for training.
        splits: {split: usable clips}; "" for clips that lie between two.
        drafted: what a language model drafted; ``None`` when none was asked.
    """

    read: int
    known: int
    unreadable: Sequence[tuple[str, str]]
    silent: Sequence[str]
    clips: int
    usable: int
    refused: Mapping[str, int]
    near: int
    people: int
    unsettled: int
    splits: Mapping[str, int]
    drafted: Drafted | None = None


def collect(
    analyzer: Analyzer, dataset: DataSet, recordings: Mapping[str, Path], consents: Consents
) -> Work[Collected]:
    """Adds recordings to a set. Those that it has already are not read again.

    Args:
        analyzer: with the bundle and the speech recognition that the set names.
        dataset: the set.
        recordings: {name: file}; the name is its path below the folder of recordings.
        consents: who agreed to what; empty when nobody was asked.

    Yields:
        ``Progress`` over the recordings and in each, notices, and ``Skipped`` for each that cannot be read.

    Raises:
        InputError: the set cannot be written.
    """
    apply_consents(dataset, consents)
    there, seen = {r.sha256: r for r in dataset.recordings() if not r.why}, set[str]()
    known, unreadable, done = 0, list[tuple[str, str]](), 0
    for number, (name, path) in enumerate(recordings.items()):
        yield Progress("clips", name, number, len(recordings))
        try:
            sha256 = file_sha256(path)
            if sha256 in there or sha256 in seen:
                known += 1
                _found_again(dataset, there.get(sha256), path)
                continue
            found = yield from read(analyzer, path, sha256, dataset.settings.gates)
        except Exception as error:
            if not of_the_clip(error):
                raise
            unreadable.append((name, explain(error)))
            _store_unreadable(dataset, name, path, unreadable[-1][1])
            yield Skipped(*unreadable[-1])
            continue
        place = _copied(dataset, path, sha256) if dataset.settings.copy else place_of(path, dataset.folder)
        _store(dataset, name, place, sha256, found, consents)
        done += 1
        seen.add(sha256)
    yield Progress("clips", "", len(recordings), len(recordings))
    settle(dataset)
    return _summary(dataset, done, known, unreadable)


def settle(dataset: DataSet) -> None:
    """Finds near-duplicates over the whole set, and gives splits to clips without one. Clips with a split keep it."""
    clips = dataset.clips()
    heads = groups(sorted(clip.id for clip in clips), near_pairs(prints(dataset)))
    with dataset.database.write() as connection:
        _change(connection, "kin", {c.id: heads[c.id] for c in clips if heads[c.id] != c.kin})
    voted = {clip: truth.label for clip, truth in truths(dataset.votes()).items() if truth.label}
    labels = {clip: draft.label for clip, draft in dataset.drafts().items()} | voted
    splits = assign(dataset.clips(usable=True), labels, dataset.settings.shares)
    with dataset.database.write() as connection:
        _change(connection, "split", splits)


def prints(dataset: DataSet) -> dict[str, dict[str, bytes]]:
    """{id of a clip: {kind: fingerprint}}, in the order of the ids."""
    found: dict[str, dict[str, bytes]] = {name: {} for name in sorted(clip.id for clip in dataset.clips())}
    with dataset.database.read() as connection:
        for row in connection.execute(select(tables.fingerprints)):
            found[row.clip][row.kind] = row.bits
    return found


def _change(connection: Connection, column: str, values: Mapping[str, str]) -> None:
    if values:
        change = update(tables.clips).where(tables.clips.c.id == bindparam("which")).values({column: bindparam("new")})
        connection.execute(change, [{"which": clip, "new": value} for clip, value in values.items()])


def _found_again(dataset: DataSet, known: Recording | None, path: Path) -> None:
    """Teaches the set the new place of a file that was moved. ``known`` is ``None`` for one that was collected just now."""
    if known is not None and not dataset.path_of(known).is_file():
        with dataset.database.write() as connection:
            moved = update(tables.recordings).where(tables.recordings.c.id == known.id)
            connection.execute(moved.values(path=place_of(path, dataset.folder)))


def _copied(dataset: DataSet, path: Path, sha256: str) -> str:
    target = dataset.folder / COPIES / f"{sha256[:12]}{path.suffix.lower()}"
    target.parent.mkdir(exist_ok=True)
    if not target.is_file():
        with path.open("rb") as source, replacing(target) as copy:
            shutil.copyfileobj(source, copy, 1 << 20)
    return f"{COPIES}/{target.name}"


def _store(dataset: DataSet, name: str, place: str, sha256: str, found: Read, consents: Consents) -> None:
    gone = forgotten(dataset)
    clips = [{**clip, "person": person_in(consents, name, clip["who"]), "kin": clip["id"]} for clip in found.clips]
    clips = [clip for clip in clips if clip["person"] not in gone]
    kept = {clip["id"] for clip in clips}
    about = {"kind": found.kind, "seconds": found.seconds, "licence": licence_of(consents, name)}
    with _recording(dataset, name, place, sha256, about) as (connection, number):
        parts = (tables.fingerprints, found.fingerprints), (tables.states, found.states), (tables.drafts, found.drafts)
        if clips:
            connection.execute(insert(tables.clips), [{**clip, "recording": number} for clip in clips])
        for table, rows in parts:
            if chosen := [row for row in rows if row["clip"] in kept]:
                connection.execute(insert(table), chosen)


def _store_unreadable(dataset: DataSet, name: str, path: Path, why: str) -> None:
    # Without bytes there is no hash, so the name stands for it.
    with _recording(dataset, name, place_of(path, dataset.folder), f"unreadable:{name}", {"why": why}):
        return


@contextmanager
def _recording(
    dataset: DataSet, name: str, place: str, sha256: str, about: Mapping[str, object]
) -> Iterator[tuple[Connection, int]]:
    """A transaction with the row of a recording, and its number. What stood there about the same file is replaced."""
    c = tables.recordings.c
    with dataset.database.write() as connection:
        connection.execute(delete(tables.recordings).where(c.sha256.in_([sha256, f"unreadable:{name}"])))
        row = {"path": place, "name": name, "sha256": sha256, "collected": now(), **about}
        (number,) = connection.execute(insert(tables.recordings).values(row)).inserted_primary_key or (0,)
        yield connection, int(number)


def _summary(dataset: DataSet, done: int, known: int, unreadable: Sequence[tuple[str, str]]) -> Collected:
    clips, recordings, people = dataset.clips(), {r.id: r for r in dataset.recordings()}, dataset.people()
    usable = [clip for clip in clips if not clip.refused]
    filled = {clip.recording for clip in clips}
    settled = [ground(c, recordings[c.recording], people, "train", date.today()) in USABLE for c in usable]
    return Collected(
        read=done,
        known=known,
        unreadable=tuple(unreadable),
        silent=tuple(r.name for r in recordings.values() if not r.why and r.id not in filled),
        clips=len(clips),
        usable=len(usable),
        refused=dict(Counter(code for clip in clips for code in clip.refused)),
        near=sum(clip.kin != clip.id for clip in usable),
        people=len({clip.person for clip in usable}),
        unsettled=settled.count(False),
        splits=dict(Counter(clip.split for clip in usable)),
    )
