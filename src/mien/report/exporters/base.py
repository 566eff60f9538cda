"""What an exporter is: a timeline, and all that is known about it, to text."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from mien.errors import InputError
from mien.explanation import Explanation
from mien.registry import Family
from mien.timeline import Timeline

if TYPE_CHECKING:
    from mien.report.page.media import Media


@dataclass(frozen=True)
class Export:
    """What is written, with all that a writer may need.

    Attributes:
        timeline: the answers.
        lang: the language for sentences: "en", "zh".
        media: the clip, as a page reaches it; ``None`` when there is none to play.
        explained: an explanation for each prediction, or ``None`` in its place; empty when nothing was explained.
    """

    timeline: Timeline
    lang: str = "en"
    media: Media | None = None
    explained: Sequence[Explanation | None] = ()


class Exporter(ABC):
    """Writes a timeline. Built without arguments.

    Attributes:
        endings: of the names of its files, without the dot; the first is given to files that mien names.
        plays: whether it shows the clip, so that it is given ``Export.media``.
        explains: whether it shows explanations, so that it is given ``Export.explained``.
    """

    endings: ClassVar[tuple[str, ...]]
    plays: ClassVar[bool] = False
    explains: ClassVar[bool] = False

    def check(self, lang: str) -> None:
        """Refuse what could not be written, before hours are spent on an answer.

        Raises:
            InputError: it does not know the language, or something is not installed.
        """
        return  # most need nothing

    @abstractmethod
    def write(self, export: Export) -> str:
        """The content of the file. The same export gives the same text."""


exporters: Family[Exporter] = Family("exporters", "mien.report.exporters")


def exporter(name: str) -> Exporter:
    """The exporter of a name.

    Raises:
        UnknownNameError: there is none.
    """
    return exporters.build({"name": name})


def exporter_for(path: Path) -> str:
    """The name of the exporter that writes files with the ending of a path. One that is called like the ending comes first.

    Raises:
        InputError: no exporter does.
    """
    ending = path.suffix.removeprefix(".").lower()
    names = sorted(exporters.names(), key=lambda name: (name != ending, name))
    known = {e: name for name in reversed(names) for e in exporter(name).endings} if ending else {}
    if ending not in known:
        endings = ", ".join(f".{e}" for e in sorted(known)) or "such as .json"
        raise InputError(f"the ending of '{path}' does not say what to write; give it one that is known: {endings}")
    return known[ending]
