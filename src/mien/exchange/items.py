"""What goes from one tool to another: clips with drafts and votes."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from mien.collection.rows import Vote
from mien.data.manifest import FILES
from mien.data.rows import Row

LeftOut = Counter[str]
"""{reason: count} of what a format cannot hold, or of what a file held that mien has no place for."""

CANNOT_TELL = "cannot tell"
"""How formats without a place for it say that an annotator could not tell."""

_VOTE = {f.name for f in fields(Vote)} - {"id", "clip"}


@dataclass(frozen=True)
class Item:
    """One clip.

    Attributes:
        row: its columns as in a manifest; the paths of files are absolute.
        draft: {label: probability} that a model proposes; empty without one.
        votes: of all annotators.
    """

    row: Row
    draft: Mapping[str, float] = field(default_factory=dict)
    votes: tuple[Vote, ...] = ()

    @property
    def id(self) -> str:
        """The name of the clip; "" without one."""
        return text_of(self.row.get("id"))

    @property
    def media(self) -> tuple[str, Path] | None:
        """The column and the path of its file, the video before others; ``None`` for words alone."""
        return next(((name, Path(str(self.row[name]))) for name in FILES if self.row.get(name)), None)

    @property
    def span(self) -> tuple[float, float] | None:
        """The part of the file, seconds; ``None`` for all of it."""
        start, end = text_of(self.row.get("start")), text_of(self.row.get("end"))
        return (float(start), float(end)) if start and end else None


def labels_of(items: Iterable[Item], task: str) -> list[str]:
    """The labels in drafts, votes and the column of the task, in the order in which they come."""
    found: dict[str, None] = {}
    for item in items:
        value = text_of(item.row.get(task))
        found |= dict.fromkeys([*item.draft, *(label for vote in item.votes for label in vote.labels)])
        found |= dict.fromkeys(value.split("|") if value else [])
    return list(found)


def text_of(value: object) -> str:
    """A cell as text; "" for an absent one."""
    return "" if value is None else str(value)


def vote_table(vote: Vote) -> dict[str, Any]:
    """A vote as plain values, without its clip."""
    return {name: value for name, value in asdict(vote).items() if name in _VOTE}


def vote_from(clip: str, table: Mapping[str, Any]) -> Vote:
    """The vote in a table of plain values. Unknown names are left out, and so are absent values."""
    known = {name: value for name, value in table.items() if name in _VOTE and value is not None}
    return Vote(clip=clip, **{**known, "shown": tuple(known.get("shown", ()))})


def whole(item: Item, left_out: LeftOut) -> list[Vote]:
    """The votes on the whole clip, for formats that cannot say why a vote was asked. Others are counted as left out."""
    kept = [vote for vote in item.votes if vote.purpose == "vote"]
    left_out["a vote on a gold clip, a repeat, or on one modality alone"] += len(item.votes) - len(kept)
    return kept


def told(labels: Mapping[str, float]) -> str:
    """Labels as one text: "happy", or with their weights "happy=0.7|sad=0.3"."""
    if set(labels.values()) <= {1.0}:
        return "|".join(labels)
    return "|".join(f"{label}={weight:g}" for label, weight in labels.items())


def read_told(value: str) -> dict[str, float]:
    """The labels in such a text, with their weights.

    Raises:
        ValueError: a weight is no number.
    """
    pairs = (part.partition("=") for part in value.split("|") if part.strip())
    return {label.strip(): float(weight) if equals else 1.0 for label, equals, weight in pairs}


def relative(items: Sequence[Item], to: Path) -> list[Item]:
    """The items with the paths of their files relative to a folder."""
    found = []
    for item in items:
        there = {name: str(item.row[name]) for name in FILES if item.row.get(name)}
        moved = {name: Path(os.path.relpath(path, to.resolve())).as_posix() for name, path in there.items()}
        found.append(replace(item, row={**item.row, **moved}))
    return found
