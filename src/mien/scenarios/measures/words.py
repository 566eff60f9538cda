"""Counts words of the first person, and fillers, in English and Chinese."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

FIRST_PERSON: Mapping[str, frozenset[str]] = {
    "en": frozenset(["i", "i'm", "i've", "i'd", "i'll", "me", "my", "mine", "myself"]),
    "zh": frozenset("我"),
}
"""Singular only, as in Rude, Gortner and Pennebaker 2004 (Cognition and Emotion 18). A Chinese 我们 ("we") does not count."""

FILLERS: Mapping[str, frozenset[str]] = {
    "en": frozenset(["um", "uh", "uhm", "umm", "uhh", "er", "erm", "ah", "hmm", "mm"]),
    "zh": frozenset("呃嗯额唔"),
}
"""Filled pauses alone (Clark and Fox Tree 2002, Cognition 84), because "like" and 那个 are mostly ordinary words. Speech
recognition leaves many of them out, so counts are a lower bound."""

_WORD = re.compile(r"[a-z]+(?:'[a-z]+)*")
_SIGN = re.compile(r"[\u3400-\u9fff]")


class Counts(NamedTuple):
    """Numbers of words, of words of the first person, and of fillers. In Chinese each character counts as a word."""

    words: int
    first_person: int
    fillers: int


def counted(text: str, language: str | None) -> Counts | None:
    """The counts of a text; ``None`` where its language is not English or Chinese."""
    base = "zh" if language == "yue" else (language or "en")
    if base not in FIRST_PERSON:
        return None
    pattern = _SIGN if base == "zh" else _WORD
    found = pattern.findall(text.lower().replace("’", "'").replace("我们", "们们"))
    return Counts(len(found), sum(w in FIRST_PERSON[base] for w in found), sum(w in FILLERS[base] for w in found))
