"""audformat (https://audeering.github.io/audformat): a database of segments with schemes and raters.

The table "clips" has the columns of the manifest. The table "votes" has a column for each annotator, who is a rater.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mien.collection.rows import Vote
from mien.data.manifest import FILES
from mien.errors import InputError
from mien.exchange.items import CANNOT_TELL, Item, LeftOut, labels_of, relative, text_of, whole
from mien.runtime.extras import needs_exchange

_TIMED = ("start", "end", *FILES)
_KINDS = {
    ".jpg": "image",
    ".jpeg": "image",
    ".png": "image",
    ".mp4": "video",
    ".mov": "video",
    ".mkv": "video",
    ".webm": "video",
}


def read(source: Path, unpack: Path, left_out: LeftOut) -> Iterator[Item]:
    """The segments of a database. Columns with a rater are votes; those of all tables about one segment are joined.

    Raises:
        InputError: the folder holds no database.
    """
    needs_exchange("audformat")
    import audformat

    if not (source / "db.yaml").is_file():
        raise InputError(f"'{source}' holds no database of audformat: there is no db.yaml in it")
    database = audformat.Database.load(str(source), load_data=True)
    rows: dict[tuple[str, float, float | None], dict[str, Any]] = defaultdict(dict)
    voted: dict[tuple[str, float, float | None], list[Vote]] = defaultdict(list)
    for name in database.tables:
        table = database[name]
        for column in table.columns:
            rater = table[column].rater_id
            for key, value in zip(audformat.utils.to_segmented_index(table.index), table[column].get(), strict=True):
                place = (key[0], key[1].total_seconds(), None if key[2] != key[2] else key[2].total_seconds())
                rows[place].setdefault("split", text_of(table.split_id))
                if value is None or value != value:
                    continue
                if rater is None:
                    rows[place][column] = value
                else:
                    voted[place].append(_vote(rater, str(value)))
    for place, row in rows.items():
        yield _item(source, place, row, voted.get(place, []))


def write(items: Sequence[Item], out: Path, task: str, left_out: LeftOut) -> None:
    """Writes a database. Its paths are relative to its folder. What has no file is left out."""
    needs_exchange("audformat")
    import audformat

    kept = _kept(items, left_out)
    left_out["a draft"] += sum(bool(item.draft) for item in kept)
    out.mkdir(parents=True, exist_ok=True)
    database = audformat.Database(out.name, usage="unrestricted", description="Written by mien.")
    labels = labels_of(kept, task)
    if labels or any(item.votes for item in kept):
        database.schemes[task] = audformat.Scheme("str", labels=[*labels, CANNOT_TELL])
    files = [item.media[1].as_posix() for item in relative(kept, out) if item.media is not None]
    index = audformat.segmented_index(
        files,
        [f"{(item.span or (0.0, 0.0))[0]}s" for item in kept],
        [f"{item.span[1]}s" if item.span else None for item in kept],
    )
    database["clips"] = audformat.Table(index)
    names = dict.fromkeys(name for item in kept for name in item.row if name not in _TIMED)
    for name in names:
        values = [text_of(item.row.get(name)) or None for item in kept]
        single = name == task and labels and not any("|" in (value or "") for value in values)
        database["clips"][name] = audformat.Column(scheme_id=task if single else None)
        database["clips"][name].set(values)
    _votes(database, index, kept, task, left_out)
    database.save(str(out), storage_format="csv")


def _kept(items: Sequence[Item], left_out: LeftOut) -> list[Item]:
    kept: dict[tuple[Path, tuple[float, float] | None], Item] = {}
    for item in items:
        if item.media is None or item.row.get("row") not in (None, ""):
            left_out["no file of its own, and audformat needs one"] += 1
        elif (item.media[1], item.span) in kept:
            left_out["a second clip of the same span, which audformat cannot tell apart"] += 1
        else:
            kept[item.media[1], item.span] = item
    return list(kept.values())


def _votes(database: Any, index: Any, items: Sequence[Item], task: str, left_out: LeftOut) -> None:
    import audformat

    cast = [whole(item, left_out) for item in items]
    annotators = dict.fromkeys(vote.annotator for votes in cast for vote in votes)
    if annotators:
        database["votes"] = audformat.Table(index)
    for who in annotators:
        database.raters[who] = audformat.Rater(audformat.define.RaterType.HUMAN)
        database["votes"][who] = audformat.Column(scheme_id=task, rater_id=who)
        database["votes"][who].set([_last(votes, who, left_out) for votes in cast])


def _last(votes: Sequence[Vote], who: str, left_out: LeftOut) -> str | None:
    mine = [vote for vote in votes if vote.annotator == who]
    left_out["an earlier vote of the same annotator"] += max(0, len(mine) - 1)
    if not mine:
        return None
    if len(mine[-1].labels) > 1:
        left_out["all labels of a vote but the weightiest"] += 1
    return CANNOT_TELL if mine[-1].cannot_tell else max(mine[-1].labels, key=mine[-1].labels.__getitem__, default=None)


def _vote(rater: str, value: str) -> Vote:
    return Vote("", rater, {} if value == CANNOT_TELL else {value: 1.0}, cannot_tell=value == CANNOT_TELL)


def _item(source: Path, place: tuple[str, float, float | None], row: dict[str, Any], votes: Sequence[Vote]) -> Item:
    file, start, end = place
    path = (source / file).resolve()
    kind = _KINDS.get(path.suffix.lower(), "audio")
    times = {} if end is None and not start else {"start": f"{start:.3f}", "end": "" if end is None else f"{end:.3f}"}
    row = {name: value for name, value in row.items() if value != ""}
    clip = text_of(row.get("id")) or f"{path.stem}-{start:g}"
    return Item({"id": clip, **row, kind: path.as_posix(), **times}, votes=tuple(replace(v, clip=clip) for v in votes))
