"""The words of tables and reports in one language: a catalogue in TOML, and numbers with an honest precision."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from mien.errors import InputError, closest
from mien.types import EMOTION

_FOLDER = files("mien.report").joinpath("catalogues")
_NUMBERED = re.compile(r"(person|voice)-(\d{1,6})")


class Language:
    """One catalogue. Filled-in values stay plain text, because the template escapes them.

    Args:
        name: "en" or "zh"; the name of a file ``catalogues/<name>.toml``.
        task: the task of the report. For other tasks, sentences about emotion are replaced by those in ``[other...]``.

    Raises:
        InputError: there is no such catalogue.
    """

    def __init__(self, name: str, task: str = EMOTION.name) -> None:
        if name not in languages():
            raise InputError(f"there is no report in the language '{name}'; {closest(name, languages())}")
        self.name = name
        table = _catalogue(name)
        other = {} if task == EMOTION.name else table["other"]
        self.table: Mapping[str, Any] = {k: {**part, **other[k]} if k in other else part for k, part in table.items()}
        self.code: str = self.table["code"]

    def __call__(self, key: str, **values: object) -> str:
        """The sentence ``section.key`` with its gaps filled."""
        section, _, name = key.partition(".")
        sentence: str = self.table[section][name]
        return sentence.format(**values) if values else sentence

    def count(self, key: str, number: int) -> str:
        """``number`` things in the right grammatical number."""
        forms = self.table["counts"][key]
        form: str = forms.get("one", forms["other"]) if number == 1 else forms["other"]
        return form.format(n=f"{number:,}")

    def name_of(self, section: str, key: str) -> str:
        """A label, modality or measure in this language. A name that the catalogue does not know stays as it is."""
        name: str = self.table[section].get(key, key)
        return name

    def label(self, label: str) -> str:
        """A label in this language. A label that the catalogue does not know stays as it is."""
        return self.name_of("labels", label)

    def modality(self, modality: str) -> str:
        """What people call a modality in this language."""
        return self.name_of("modalities", modality)

    def person(self, who: str | None) -> str:
        """The name of a person, or of a voice off screen. Names that mien gave are translated; other names are kept."""
        if who is None:
            return self("people.nobody")
        number = _NUMBERED.fullmatch(who)
        return self(f"people.{number[1]}", n=number[2]) if number else who

    def about(self, probability: float) -> str:
        """A probability to the nearest 5 %, because calibration does not justify more digits; ">99%" as in tables."""
        if probability < 0.05:
            return self("numbers.under", n=5)
        if probability >= 0.995:
            return self("numbers.nearly")
        if probability > 0.95:
            return self("numbers.over", n=95)
        return self("numbers.about", n=5 * round(20 * probability))

    def measure(self, name: str, value: float) -> str:
        """A measured quality of an input, with its unit."""
        sentence = self.table["measures"].get(name)
        return str(sentence).format(value=value) if sentence else f"{value:.2g}"

    def span_of_time(self, seconds: float) -> str:
        """A duration in words."""
        if seconds < 60:
            return self("numbers.seconds", n=f"{seconds:.0f}" if seconds >= 10 else f"{seconds:.1f}")
        minutes, rest = divmod(round(seconds), 60)
        hours, minutes = divmod(minutes, 60)
        if hours:
            return self("numbers.hours", h=hours, m=minutes)
        return self("numbers.minutes", m=minutes, s=rest)

    def join(self, parts: Sequence[str]) -> str:
        """Parts as a list in a sentence."""
        if len(parts) < 2:
            return "".join(parts)
        return self("numbers.comma").join(parts[:-1]) + self("numbers.and") + parts[-1]

    def note(self, text: str) -> tuple[str, bool]:
        """A note of a bundle, and whether it is in this language. Notes of shipped bundles are translated."""
        return self.table["notes"].get(text, text), self.name == "en" or text in self.table["notes"]


def languages() -> list[str]:
    """Names of the catalogues."""
    return sorted(f.name.removesuffix(".toml") for f in _FOLDER.iterdir() if f.name.endswith(".toml"))


@cache
def _catalogue(name: str) -> Mapping[str, Any]:
    return tomllib.loads(_FOLDER.joinpath(f"{name}.toml").read_text(encoding="utf-8"))
