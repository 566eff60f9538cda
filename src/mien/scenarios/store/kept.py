"""What a record holds, and how it becomes bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from mien.errors import InputError
from mien.scenarios.measures.measures import Value


@dataclass(frozen=True)
class Session:
    """One recording of a person, as it is kept: its measures, and no word, sound or picture of it.

    Attributes:
        day: of the recording.
        purpose: what it was read for.
        minutes: {"text", "voice", "face", "speaking", "listening"}: usable minutes.
        values: {name of the measure: value}.
        version: of the definitions of the measures.
        bundle: name and beginning of the SHA-256 of the bundle.
        modalities: what was read.
        timeline: the whole timeline in the form mien.timeline/1, with words; ``None`` unless it was asked for.
        id: its number in the store; 0 before it is kept.
    """

    day: date
    purpose: str
    minutes: Mapping[str, float]
    values: Mapping[str, Value]
    version: int
    bundle: str
    modalities: tuple[str, ...]
    timeline: Mapping[str, Any] | None = None
    id: int = 0

    def packed(self) -> bytes:
        """The content without what stands in columns of its own."""
        content = {
            "minutes": dict(self.minutes),
            "values": {name: asdict(value) for name, value in self.values.items()},
            "version": self.version,
            "bundle": self.bundle,
            "modalities": list(self.modalities),
            "timeline": self.timeline,
        }
        return json.dumps(content, ensure_ascii=False).encode()

    @classmethod
    def unpacked(cls, content: bytes, day: date, purpose: str, number: int) -> Session:
        """The session of a content.

        Raises:
            InputError: the content is damaged.
        """
        table = _table(content)
        values = {name: Value(**value) for name, value in table["values"].items()}
        told = tuple(table["modalities"])
        return cls(
            day, purpose, table["minutes"], values, table["version"], table["bundle"], told, table["timeline"], number
        )


@dataclass(frozen=True)
class Score:
    """A score that a person typed in, such as that of a questionnaire. mien plots it and never predicts it."""

    day: date
    name: str
    value: float
    purpose: str = field(default="clinical")

    def packed(self) -> bytes:
        """The content without what stands in columns of its own."""
        return json.dumps({"name": self.name, "value": self.value}, ensure_ascii=False).encode()

    @classmethod
    def unpacked(cls, content: bytes, day: date, purpose: str) -> Score:
        """The score of a content.

        Raises:
            InputError: the content is damaged.
        """
        table = _table(content)
        return cls(day, table["name"], table["value"], purpose)


def _table(content: bytes) -> dict[str, Any]:
    try:
        table: dict[str, Any] = json.loads(content)
    except ValueError as error:
        raise InputError("a record of the store cannot be read; name its key (--key), or restore a backup") from error
    return table
