"""What a check of a manifest finds."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from mien.types import Modality

SPLITS = ("train", "valid", "test")


@dataclass(frozen=True)
class Fault:
    """Why a row cannot be used. ``row`` is counted from 1, the header left out."""

    row: int
    id: str
    why: str


@dataclass
class Tally:
    """One label of one task: examples by split ("" where there is none), who speaks in them, what they have."""

    splits: dict[str, int] = field(default_factory=dict)
    speakers: set[str] = field(default_factory=set)
    modalities: dict[Modality, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """All examples."""
        return sum(self.splits.values())


@dataclass(frozen=True)
class Findings:
    """All that was found.

    Attributes:
        manifest: the file.
        rows: how many it has.
        faulty: how many of them cannot be used.
        faults: the first of those, with the reason.
        reasons: {kind of fault: rows}.
        problems: what is wrong with the whole: a leak between splits, a column that is missing.
        warnings: what may be as it should.
        advice: what would help most, the most pressing first.
        labels: {task: {label: {split: examples}}}.
        speakers: {split: people}; empty without a column of speakers.
        modalities: {modality: rows that have it}. Of a face it is not known whether it is in the picture.
        trainable: whether a training would take it. A bundle may be evaluated on it all the same.
    """

    manifest: str
    rows: int
    faulty: int
    faults: tuple[Fault, ...]
    reasons: dict[str, int]
    problems: tuple[str, ...]
    warnings: tuple[str, ...]
    advice: tuple[str, ...]
    labels: dict[str, dict[str, dict[str, int]]]
    speakers: dict[str, int]
    modalities: dict[Modality, int]
    trainable: bool

    @property
    def good(self) -> bool:
        """Whether nothing is wrong; warnings are allowed."""
        return not self.faulty and not self.problems

    def as_table(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {"schema": "mien.data-check/1", "good": self.good, **asdict(self)}
