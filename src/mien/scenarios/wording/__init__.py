"""The words of scenarios in one language: a catalogue in TOML beside this file.

They are apart from the report's catalogue, because that one has a second form of each sentence for tasks other than emotion,
and scenarios are about expressed emotion alone.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from mien.report.language import Language


class Wording:
    """One catalogue.

    Args:
        name: "en" or "zh".

    Raises:
        InputError: there is no such language.
    """

    def __init__(self, name: str) -> None:
        self.language = Language(name)
        self.name = name
        self.table: Mapping[str, Any] = catalogue(name)

    def __call__(self, key: str, **values: object) -> str:
        """The sentence ``section.key`` with its gaps filled."""
        section, _, last = key.partition(".")
        sentence: str = self.table[section][last]
        return sentence.format(**values) if values else sentence

    def with_unit(self, name: str, unit: str) -> str:
        """What is measured, and in which unit if it has one: "Speech rate (per min)".

        Args:
            name: in words.
            unit: its code, such as "per_minute".
        """
        told = self(f"units.{unit}")
        return self("sheet.with_unit", name=name, unit=told) if told else name

    def limits(self, scenario: str) -> list[str]:
        """What the results of a scenario must not be used for. Every output of the scenario has this list."""
        return [*self.table["never"]["all"], *self.table["never"][scenario]]

    def told_limits(self, scenario: str) -> Iterator[str]:
        """The same as lines of plain text, below their title."""
        yield self("never.title") + ":"
        yield from (f"- {limit}" for limit in self.limits(scenario))


@cache
def catalogue(name: str) -> Mapping[str, Any]:
    """The table of a catalogue that exists."""
    return tomllib.loads(files(__name__).joinpath(f"{name}.toml").read_text(encoding="utf-8"))
