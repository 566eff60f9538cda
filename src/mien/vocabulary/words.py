"""Looks up free words for emotions, in English and Chinese.

The words lie in ``words.toml``, which says where they come from. A word that is not there is not guessed: it is unknown, and
counted as such.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

WHEELS = ("plutchik", "geneva", "shaver")
"""The emotion wheels, see ``words.toml``."""

_ENDINGS = (("ily", "y"), ("ly", ""), ("iness", "y"), ("ness", ""))
_PARTS = ("的", "地", "感", "情绪")


@dataclass(frozen=True)
class Family:
    """A family of near synonyms.

    Attributes:
        name: of the family.
        label: one of the seven; "" where none of them is meant.
        place: valence and arousal.
        groups: {wheel: group}; the family itself where it fits no group of a wheel.
    """

    name: str
    label: str
    place: tuple[float, float]
    groups: Mapping[str, str]


def family_of(word: str) -> Family | None:
    """The family of a word; ``None`` for a word that is not known.

    Case, an English "-ly" or "-ness" and the Chinese 的, 地, 感 and 情绪 at the end do not matter.
    """
    known, plain = _known(), word.strip().casefold().replace(" ", "-")
    return next((known[form] for form in _forms(plain) if form in known), None)


def group_of(word: str, wheel: str) -> str:
    """The group of a word on a wheel. An unknown word is a group of its own, so it equals no other word."""
    family = family_of(word)
    return f"?{word.strip().casefold()}" if family is None else family.groups[wheel]


def coverage(words: Iterable[str]) -> tuple[int, int]:
    """How many of some words are known, and how many there are."""
    given = list(words)
    return sum(family_of(word) is not None for word in given), len(given)


def place_of(words: Mapping[str, float]) -> tuple[float, float] | None:
    """Mean valence and arousal of the known ones of some weighted words; ``None`` where none is known."""
    known = [(weight, family.place) for word, weight in words.items() if (family := family_of(word)) is not None]
    total = sum(weight for weight, _ in known)
    if not total:
        return None
    return sum(w * p[0] for w, p in known) / total, sum(w * p[1] for w, p in known) / total


def families() -> list[Family]:
    """All families, each once."""
    return list({f.name: f for f in _known().values()}.values())


def _forms(word: str) -> Iterable[str]:
    yield word
    for ending, other in _ENDINGS:
        if word.endswith(ending):
            yield word.removesuffix(ending) + other
    for part in _PARTS:
        if word.endswith(part):
            yield word.removesuffix(part)


@cache
def _known() -> dict[str, Family]:
    table = tomllib.loads(files("mien.vocabulary").joinpath("words.toml").read_text(encoding="utf-8"))
    found: dict[str, Family] = {}
    for row in table["family"]:
        groups = {wheel: row["wheels"][wheel] or f"({row['name']})" for wheel in WHEELS}
        family = Family(row["name"], row["label"], (row["place"][0], row["place"][1]), groups)
        for word in (*row["en"].split(), *row["zh"].split()):
            found.setdefault(word, family)
    return found
