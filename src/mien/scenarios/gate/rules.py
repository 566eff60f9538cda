"""The rules file: who may use what for which purpose, by law and article."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Literal

Effect = Literal["refuse", "duties", "note"]

PURPOSES = (
    "clinical",
    "research",
    "safety",
    "own-recordings",
    "entertainment",
    "assistance",
    "teaching",
    "monitoring",
    "hiring",
    "grading",
    "policing",
    "insurance",
)
"""What recordings may be read for. Some are refused everywhere, and are here so that the refusal can say why."""

PLACES = ("care", "education", "open", "private", "work")
"""Where the people are: in medical care, at a school or university, in public or online, at home, or at work."""

JURISDICTIONS = ("EU", "US-IL", "CN", "other")
"""Whose law counts: European Union, Illinois, China. ``other`` has no rules but mien's own; local law counts all the same."""

GROUNDS = {"sole-research": "research"}
"""{ground that a user may state: the purpose it goes with}. mien cannot check it, so it never assumes one.

``sole-research``: the AI system in this use was specifically developed and put into service for scientific research and
development alone (AI Act Art. 2(6)).
"""


@dataclass(frozen=True)
class Rule:
    """One rule; ``rules.toml`` says what the fields mean. An empty tuple of purposes, places or scenarios means all."""

    id: str
    jurisdictions: tuple[str, ...]
    law: str
    article: str
    in_force: date | None
    effect: Effect
    purposes: tuple[str, ...]
    places: tuple[str, ...]
    scenarios: tuple[str, ...]
    biometric: bool
    unless: tuple[str, ...]
    needs: tuple[str, ...]
    wording: dict[str, str]
    instead: dict[str, str]
    read: str

    def cites(self) -> str:
        """Law, article and day, as they are cited."""
        since = f", in force since {self.in_force.isoformat()}" if self.in_force is not None else ""
        return f"{self.law}, {self.article}{since}"


@dataclass(frozen=True)
class Rules:
    """The rules of one ``version``, which is the day on which they were last checked."""

    version: str
    rules: tuple[Rule, ...]


@cache
def shipped() -> Rules:
    """The rules that come with mien."""
    table = tomllib.loads(files("mien.scenarios.gate").joinpath("rules.toml").read_text(encoding="utf-8"))
    return Rules(table["version"], tuple(_rule(row) for row in table["rule"]))


def _rule(row: dict[str, Any]) -> Rule:
    def several(name: str) -> tuple[str, ...]:
        return tuple(row.get(name, ()))

    return Rule(
        row["id"],
        several("jurisdictions"),
        row["law"],
        row["article"],
        row.get("in_force"),
        row["effect"],
        several("purposes"),
        several("places"),
        several("scenarios"),
        row.get("biometric", False),
        several("unless"),
        several("needs"),
        {lang: row[lang] for lang in ("en", "zh")},
        {lang: row.get(f"instead_{lang}", "") for lang in ("en", "zh")},
        row["read"],
    )
