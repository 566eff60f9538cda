"""What the server orders from its workers, and what they tell; see ``mien.runtime.messages``."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

from mien.runtime.messages import Table

Kind = Literal["analyze", "explain", "live"]
ENDS = ("end", "failed", "cancelled")
"""The events that end a job."""
RESULTS = {
    "json": ("result.json", "application/json"),
    "csv": ("result.csv", "text/csv"),
    "vtt": ("result.vtt", "text/vtt"),
    "html": ("result.html", "text/html"),
}
"""{form: (file in the folder of the job, media type)} of the results of a job."""


@dataclass(frozen=True)
class Order:
    """What a worker has to do.

    Attributes:
        job: its id.
        kind: "analyze" gives a timeline, "explain" gives why one moment was answered as it was, "live" gives the timeline of
            pieces that are still to come.
        folder: of the job; results are written there.
        name: of the clip, in results.
        file: the upload; "" when only ``text`` is given.
        text: the words; ``None`` when they are to be recognised.
        subtitles: a file of subtitles; "" without one.
        forms: of the results, keys of ``RESULTS``.
        lang: of the sentences in a report.
        longest: of the clip, seconds.
        at, who, label: the moment that is explained; see ``explain_moment``.
    """

    job: str
    kind: Kind
    folder: str
    name: str
    file: str
    text: str | None
    subtitles: str
    forms: tuple[str, ...]
    lang: str
    longest: float
    at: float | None = None
    who: str | None = None
    label: str | None = None

    @classmethod
    def of(cls, table: Table) -> Order:
        """The order of a message."""
        return cls(**{**table, "forms": tuple(table["forms"])})


def ordered(order: Order) -> Table:
    """The message that gives a worker its order."""
    return {"order": asdict(order)}


def event(job: str, name: str, data: Table) -> Table:
    """The message about one event of a job."""
    return {"job": job, "event": name, "data": data}
