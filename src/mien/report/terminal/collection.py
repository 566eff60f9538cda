"""Shows in the terminal what was collected into a set."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from mien.data.split import SPLITS
from mien.report.language import Language
from mien.report.terminal.colours import FAULT, NOTE
from mien.report.terminal.harmless import harmless
from mien.report.terminal.tables import table

if TYPE_CHECKING:
    from mien.collection.manifest import Exported
    from mien.collection.reading.collect import Collected
    from mien.collection.rights.forget import Forgotten


def render(found: Collected, written: Exported, folder: Path, lang: str) -> RenderableType:
    """What a Rich console shows: counts, what was refused and why, rights, the manifest and the next command."""
    say = Language(lang)
    parts: list[RenderableType] = [
        _line(say("collect.recordings", read=found.read, known=found.known, unread=len(found.unreadable))),
        *(_line(say("collect.unread", name=name, why=why), FAULT) for name, why in found.unreadable),
        *(_line(say("collect.silent", name=name), NOTE) for name in found.silent),
        _line(say("collect.clips", clips=found.clips, usable=found.usable, people=found.people, near=found.near)),
    ]
    if found.refused:
        rows = [(say.name_of("left_out", code), f"{count:,}") for code, count in sorted(found.refused.items())]
        parts.append(table((say("collect.gate"), say("collect.count")), rows, right=(1,)))
    parts.append(_line(say("collect.splits", **{split: found.splits.get(split, 0) for split in SPLITS})))
    if (drafted := found.drafted) is not None:
        parts.append(_line(say("collect.drafted", **vars(drafted))))
    parts += (_line(line, NOTE) for line in _cautions(say, found))
    parts.append(_line(say("collect.manifest", file=written.path, rows=written.rows, labelled=written.labelled)))
    parts.append(_line(say("collect.next", folder=folder)))
    return Group(*parts)


def forgotten(found: Forgotten, say: Language) -> Iterator[str]:
    """Lines about what was removed with a person, and what only the user can remove."""
    yield say("dataset.forgotten", person=found.person, clips=found.clips, votes=found.votes, copies=len(found.copies))
    yield from (say("dataset.original", file=path) for path in found.originals)
    yield from (say("dataset.shown_with_others", file=path) for path in found.shared)
    yield from (say("dataset.learned", bundle=path) for path in found.bundles)
    yield from (say("dataset.bundle_unread", bundle=path, why=why) for path, why in found.unread)


def _cautions(say: Language, found: Collected) -> Iterator[str]:
    if between := found.splits.get("", 0):
        yield say("collect.between", count=between)
    if found.drafted is not None and found.drafted.kept_back:
        yield say("collect.kept_back", count=found.drafted.kept_back)
    if found.drafted is not None and found.drafted.unread:
        yield say("collect.not_drafted", count=found.drafted.unread)
    if found.unsettled:
        yield say("collect.unsettled", count=found.unsettled)


def _line(text: str, style: str = "") -> Text:
    return Text(harmless(text), style=style)
