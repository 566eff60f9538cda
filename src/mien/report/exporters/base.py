"""What an exporter is: it turns a timeline, and everything known about it, into the content of a file."""

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
    """What is written, with everything that a writer may need.

    Attributes:
        timeline: the answers.
        lang: the language of sentences: "en" or "zh".
        media: how a page can play the clip; ``None`` when there is no clip to play.
        explained: an explanation for each prediction, or ``None`` in its place; empty when nothing was explained.
        portraits: whether files of data hold a small picture of each face. Pages show them in any case.
    """

    timeline: Timeline
    lang: str = "en"
    media: Media | None = None
    explained: Sequence[Explanation | None] = ()
    portraits: bool = False


class Exporter(ABC):
    """Writes a timeline. It is built without arguments.

    Attributes:
        endings: suffixes of its files, without the dot; files that mien names get the first one.
        plays: whether it shows the clip and needs ``Export.media``.
        explains: whether it shows explanations and needs ``Export.explained``.
    """

    endings: ClassVar[tuple[str, ...]]
    plays: ClassVar[bool] = False
    explains: ClassVar[bool] = False

    def check(self, lang: str) -> None:
        """Refuses what it could not write, before a long analysis starts.

        Raises:
            InputError: it does not know the language, or a package is not installed.
        """
        return  # most exporters need nothing

    @abstractmethod
    def write(self, export: Export) -> str | bytes:
        """The content of the file. The same export gives the same content."""


exporters: Family[Exporter] = Family("exporters", "mien.report.exporters")


def exporter(name: str) -> Exporter:
    """The exporter with this name.

    Raises:
        UnknownNameError: there is no such exporter.
    """
    return exporters.build({"name": name})


def exporter_for(path: Path) -> str:
    """The name of the exporter for the suffix of a path. An exporter that has the name of the suffix comes first.

    Raises:
        InputError: no exporter has this suffix.
    """
    ending = path.suffix.removeprefix(".").lower()
    names = sorted(exporters.names(), key=lambda name: (name != ending, name))
    known = {e: name for name in reversed(names) for e in exporter(name).endings} if ending else {}
    if ending not in known:
        endings = ", ".join(f".{e}" for e in sorted(known)) or "such as .json"
        raise InputError(f"the ending of '{path}' does not say what to write; give it one that is known: {endings}")
    return known[ending]
