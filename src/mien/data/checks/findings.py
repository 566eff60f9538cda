"""The findings of a check of a manifest."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from mien.types import Modality


@dataclass(frozen=True)
class Fault:
    """Why a row cannot be used. ``row`` counts from 1, without the header."""

    row: int
    id: str
    why: str


@dataclass
class Tally:
    """Counts for one label of one task.

    Attributes:
        splits: {split: examples}; "" for rows without a split.
        speakers: the people in these examples.
        modalities: {modality: examples that have it}.
    """

    splits: dict[str, int] = field(default_factory=dict)
    speakers: set[str] = field(default_factory=set)
    modalities: dict[Modality, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """The number of all examples."""
        return sum(self.splits.values())


@dataclass(frozen=True)
class Findings:
    """All findings.

    Attributes:
        manifest: the file.
        rows: how many it has.
        faulty: how many of them cannot be used.
        faults: the first 1,000 of them, with the reason.
        reasons: {kind of fault: rows}.
        problems: faults of the whole manifest: a leak between splits, or a missing column.
        warnings: what is worth knowing and need not be a fault.
        advice: what would improve the data most.
        labels: {task: {label: {split: examples}}}.
        speakers: {split: people}; empty without a column of speakers.
        modalities: {modality: rows that have it}. A row with a picture counts as a face, because no picture is searched.
        trainable: whether it can be trained on. A bundle may be evaluated on it even if not.
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
        """The findings as plain values for JSON."""
        return {"schema": "mien.data-check/1", "good": self.good, **asdict(self)}
