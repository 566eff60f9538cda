"""Finds the place of each row in its dialogue: what was said before, and which rows are near."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from mien.data.rows import Entry, Row
from mien.recipe.recipe import Source


class Place(NamedTuple):
    """The place of a row in its dialogue.

    Attributes:
        before: earlier utterances of the dialogue as "speaker: text", the latest last.
        around: (number of the row in its file, distance in utterances) of the row itself and of its neighbours.
    """

    before: tuple[str, ...]
    around: tuple[tuple[int, float], ...]


def places(source: Source, entries: Sequence[Entry]) -> list[Place]:
    """The place of each entry. ``source.context`` and the ``around`` of its features say how far it reaches."""
    reach = max([0, *(f.around for f in source.features.values())])
    if not source.context and not reach:
        return [Place((), ((e.number, 0.0),)) for e in entries]
    dialogues: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, entry in enumerate(entries):
        dialogues[str(entry.path), str(entry.row[source.dialogue])].append(index)
    found: dict[int, Place] = {}
    for members in dialogues.values():
        members.sort(key=lambda i: float(entries[i].row[source.turn]))
        for at, index in enumerate(members):
            before = [_line(source, entries[i].row) for i in members[max(0, at - source.context) : at]]
            first = max(0, at - reach)
            near = [(entries[i].number, float(first + k - at)) for k, i in enumerate(members[first : at + reach + 1])]
            found[index] = Place(tuple(line for line in before if line), tuple(near))
    return [found[i] for i in range(len(entries))]


def _line(source: Source, row: Row) -> str:
    text = str(row.get(source.clip.get("text", "text")) or "")
    speaker = row.get(source.clip.get("speaker", "speaker"))
    return f"{speaker}: {text}" if text and speaker else text
