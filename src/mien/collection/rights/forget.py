"""Removes a person from a set: clips, votes, drafts, states, fingerprints, copies, and features that training kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import delete, insert, update

from mien.bundle.bundle import Bundle
from mien.collection import tables
from mien.collection.dataset import MANIFEST, DataSet
from mien.collection.rows import Cut, Recording, now
from mien.data.checks.trained_on import same_source
from mien.data.tracks import remove_tracks
from mien.errors import InputError, MienError, closest, explain

_BUNDLE = "bundle.json"


@dataclass(frozen=True)
class Forgotten:
    """What was removed, and what only the user can remove.

    Attributes:
        person: who.
        clips, votes: how many were removed.
        copies: recordings in the set's own folder that were deleted, because only this person was in them.
        originals: recordings outside the set that still show the person.
        shared: copies in the set that show others too, so they were kept.
        bundles: folders of bundles that were trained on the manifest while it held the person.
        unread: (folder, why) of bundles that could not be asked.
    """

    person: str
    clips: int
    votes: int
    copies: Sequence[Path]
    originals: Sequence[Path]
    shared: Sequence[Path]
    bundles: Sequence[Path]
    unread: Sequence[tuple[Path, str]]


def forget(dataset: DataSet, person: str, runs: Sequence[Path] = ()) -> Forgotten:
    """Removes a person. Afterwards the set knows only the name and the day, so that the person is not collected again.

    What was deleted is overwritten in the file of the database. Of the tracks that training kept in mien's cache, the shards
    with any clip of the person go; the tracks of others in them are made again when they are needed.

    Args:
        dataset: the set.
        person: the name, as clips give it.
        runs: folders in which bundles are looked for.

    Raises:
        InputError: nobody in the set has this name, or the set cannot be written.
    """
    clips, recordings = dataset.clips(), dataset.recordings()
    mine = [clip for clip in clips if clip.person == person]
    if not mine and person not in dataset.people():
        names = sorted({clip.person for clip in clips} | dataset.people().keys())
        raise InputError(f"nobody in '{dataset.folder}' is called '{person}'; {closest(person, names)}")
    bundles, unread = _trained(dataset.folder / MANIFEST, runs) if mine else ([], [])
    votes = sum(vote.clip in {clip.id for clip in mine} for vote in dataset.votes(undone=True))
    alone, others = _recordings(clips, mine, recordings)
    _remove(dataset, person, mine, alone)
    copies = [dataset.path_of(r) for r in alone if _inside(r)]
    for path in copies:
        path.unlink(missing_ok=True)
    remove_tracks({clip.id for clip in mine})
    return Forgotten(
        person,
        len(mine),
        votes,
        copies,
        originals=[dataset.path_of(r) for r in (*alone, *others) if not _inside(r)],
        shared=[dataset.path_of(r) for r in others if _inside(r)],
        bundles=bundles,
        unread=unread,
    )


def _recordings(
    clips: Sequence[Cut], mine: Sequence[Cut], recordings: Sequence[Recording]
) -> tuple[list[Recording], list[Recording]]:
    """The recordings with clips of the person alone, and those with clips of others too."""
    own = {clip.recording for clip in mine}
    shared = {clip.recording for clip in clips if clip.recording in own} & {
        clip.recording for clip in clips if clip not in mine
    }
    found = [r for r in recordings if r.id in own]
    return [r for r in found if r.id not in shared], [r for r in found if r.id in shared]


def _remove(dataset: DataSet, person: str, mine: Sequence[Cut], alone: Sequence[Recording]) -> None:
    with dataset.database.write() as connection:
        connection.execute(delete(tables.clips).where(tables.clips.c.person == person))
        connection.execute(delete(tables.recordings).where(tables.recordings.c.id.in_([r.id for r in alone])))
        connection.execute(delete(tables.people).where(tables.people.c.person == person))
        # A scope without purposes says that the person was forgotten.
        connection.execute(insert(tables.people).values(person=person, scope="", withdrawn=now()[:10]))
        gone = [clip.id for clip in mine]
        heads = update(tables.clips).where(tables.clips.c.kin.in_(gone)).values(kin=tables.clips.c.id)
        connection.execute(heads)
    dataset.database.erase()


def _inside(recording: Recording) -> bool:
    """Whether a recording is a copy in the folder of the set."""
    return not Path(recording.path).is_absolute() and not recording.path.startswith("../")


def _trained(manifest: Path, runs: Sequence[Path]) -> tuple[list[Path], list[tuple[Path, str]]]:
    """The bundles below some folders that were trained on a manifest, and those that cannot be asked, with the reason."""
    found: list[Path] = []
    unread: list[tuple[Path, str]] = []
    for folder in _bundles(runs):
        try:
            if same_source(Bundle.load(folder).recipe, manifest) is not None:
                found.append(folder)
        except MienError as error:
            unread.append((folder, explain(error)))
    return found, unread


def _bundles(runs: Sequence[Path]) -> Iterator[Path]:
    for root in runs:
        yield from sorted(path.parent for path in root.rglob(_BUNDLE))
