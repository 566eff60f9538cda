"""The page that sums a whole archive up: who, when, which emotions, how much is uncertain, and what could not be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mien.emotions import EMOTIONS
from mien.report.clock import clock
from mien.report.language import Language
from mien.report.moments import Moment
from mien.report.page import shell
from mien.report.page.palette import SIGNS, looks

_NAMED = 5  # clips that are named for each reason


@dataclass(frozen=True)
class Group:
    """A group of moments: those of one label, or of one folder.

    Attributes:
        name: the label, or the folder.
        moments: how many.
        seconds: their length.
        uncertain: the share that is uncertain.
        clips, people: how many; 0 where not counted. People of two clips count as two, because nobody is recognised again.
        label: the most frequent clear label but neutral; ``None`` without one.
    """

    name: str
    moments: int
    seconds: float
    uncertain: float
    clips: int = 0
    people: int = 0
    label: str | None = None


@dataclass(frozen=True)
class Archive:
    """What is told of an archive.

    Attributes:
        name: of the folder.
        clips, seconds: how many were read, and their length.
        uncertain, conflicts: how many moments.
        labels: a group for each label.
        places: a group for each folder.
        when: {label: seconds in each tenth of the clips}.
        clearest: the surest moments that are not neutral.
        skipped: for each reason, the clips that could not be read.
    """

    name: str
    clips: int
    seconds: float
    uncertain: int
    conflicts: int
    labels: Sequence[Group]
    places: Sequence[Group]
    when: Mapping[str, Sequence[float]]
    clearest: Sequence[Moment]
    skipped: Sequence[tuple[str, Sequence[str]]]

    @property
    def moments(self) -> int:
        """How many there are in all."""
        return sum(group.moments for group in self.labels)


def write_archive(archive: Archive, lang: str = "en") -> str:
    """The page. The same archive gives the same bytes.

    Args:
        archive: the numbers.
        lang: "en" or "zh".
    """
    say = Language(lang)
    known = [group.name for group in archive.labels]
    labels = [*(label for label in EMOTIONS if label in known), *(label for label in known if label not in EMOTIONS)]
    look = dict(zip(labels, looks(labels), strict=True))
    facts = [
        say.count("clips", archive.clips),
        say.span_of_time(archive.seconds),
        say.count("moments", archive.moments),
    ]
    return shell.render(
        "archive.html",
        styles=("report.css",),
        scripts=(),
        name=archive.name,
        facts=facts,
        data={},
        labels=[],
        modalities=[],
        lang=say.code,
        kicker=say("archive.kicker"),
        say=say,
        signs=SIGNS,
        archive=archive,
        look=look,
        label=lambda name: say.table["labels"].get(name, name),
        share=lambda part, whole: f"{100 * part / whole:.0f}%" if whole else "",
        clock=lambda seconds: clock(seconds, 1),
        columns=_columns(archive.when, labels),
        named=_NAMED,
    )


def _columns(when: Mapping[str, Sequence[float]], labels: Sequence[str]) -> list[list[dict[str, Any]]]:
    """For each tenth of the clips the stacked parts of a column, from 0 to 100."""
    found = []
    for tenth in range(10):
        total = sum(values[tenth] for values in when.values())
        parts, y = [], 0.0
        for label in labels:
            height = 100 * when[label][tenth] / total if total else 0.0
            parts.append({"label": label, "y": f"{y:.2f}", "height": f"{height:.2f}"})
            y += height
        found.append(parts)
    return found
