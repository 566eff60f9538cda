"""The words by which moments are found: a small closed grammar, in English and Chinese.

A wish is a list of conditions that all hold, parted by commas, "and", "but" or "with":

    angry · not neutral · angry or sad · sure · unsure · above 80%
    voice angry · face not happy · voice and face disagree · inputs disagree
    person-2 · in zh · after 1:30 · before 0:10 · says "never again"

Chinese words may stand for all of these: 愤怒 · 不是中性 · 愤怒或悲伤 · 确定 · 不确定 · 声音和面部不一致 · 说"再也不".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from mien.errors import InputError, nearest
from mien.report.language import Language
from mien.types import MODALITIES

_SYNONYMS = {
    **dict.fromkeys(("anger", "生气", "发怒"), "angry"),
    **dict.fromkeys(("joy", "happiness", "joyful", "快乐", "开心", "高兴"), "happy"),
    **dict.fromkeys(("sadness", "难过", "伤心"), "sad"),
    **dict.fromkeys(("fear", "afraid", "害怕"), "fearful"),
    **dict.fromkeys(("disgust", "恶心"), "disgusted"),
    **dict.fromkeys(("surprise", "吃惊"), "surprised"),
    **dict.fromkeys(("calm", "平静", "中立"), "neutral"),
}
_INPUTS = {
    **dict.fromkeys(("text", "words", "话语", "文字"), "text"),
    **dict.fromkeys(("voice", "声音", "语音"), "voice"),
    **dict.fromkeys(("face", "面部", "脸", "表情"), "face"),
}
_SHOWN = (
    'angry, not neutral, sure, above 80%, voice angry, voice and face disagree, person-1, in zh, after 1:30, says "no"'
)


@dataclass(frozen=True)
class Condition:
    """One condition: SQL with a ``?`` for each value."""

    sql: str
    values: tuple[Any, ...] = ()


def conditions(wish: str) -> list[Condition]:
    """The conditions of a wish.

    Raises:
        InputError: a part of it is not understood; the message names it.
    """
    said: list[Condition] = []
    # What somebody says may hold any words, so it is taken out first.
    rest = _SAYS.sub(lambda found: _keep(said, found), wish.strip())
    found = [condition for part in _parts(rest) for condition in [_one(part)]]
    if not found and not said:
        raise InputError(f"there is no condition to find; write some of: {_SHOWN}")
    return found + said


def _keep(said: list[Condition], found: re.Match[str]) -> str:
    said.append(Condition("contains(lower(text), lower(?))", (found[1] or found[2] or found[3],)))
    return ","


def _parts(wish: str) -> list[str]:
    """The conditions of a wish, as they are written. An "and" between two inputs parts nothing."""
    joined = _BETWEEN.sub(r"\1+\2", wish.casefold())
    return [part for piece in _PARTING.split(joined) if (part := " ".join(piece.split()))]


def _one(part: str) -> Condition:
    for pattern, made in _RULES:
        match = pattern.fullmatch(part)
        if match:
            return made(match)
    near = nearest(part, [*_labels(), "sure", "unsure", "uncertain", "inputs disagree"])
    hint = f"did you mean '{near}'?" if near else f"write some of: {_SHOWN}"
    raise InputError(f"'{part}' is nothing that can be found; {hint}")


@cache
def _labels() -> Mapping[str, str]:
    """{word: label}: the labels, and how both languages call them."""
    named = {word.casefold(): label for lang in ("zh", "en") for label, word in Language(lang).table["labels"].items()}
    return {**named, **_SYNONYMS}


def _of_labels(column: str, words: str, negated: bool) -> Condition:
    labels = tuple(_labels()[word] for word in _OR.split(words))
    places = ", ".join("?" for _ in labels)
    return Condition(f"{column} {'NOT ' if negated else ''}IN ({places})", labels)


def _answer(match: re.Match[str]) -> Condition:
    return _of_labels("label", match["labels"], bool(match["not"]))


def _alone(match: re.Match[str]) -> Condition:
    # The name of the column is one of ours.
    return _of_labels(f"{_INPUTS[match['input']]}_label", match["labels"], bool(match["not"]))


def _opposed(match: re.Match[str]) -> Condition:
    if match["one"] is None:
        return Condition("len(conflicts) > 0")
    pair = {_INPUTS[match["one"]], _INPUTS[match["other"]]}
    if len(pair) < 2:
        raise InputError(f"'{match[0]}' names one input twice; name two of text, voice and face")
    return Condition("list_contains(conflicts, ?)", ("+".join(m for m in MODALITIES if m in pair),))


def _seconds(clock: str) -> float:
    seconds = 0.0
    for part in clock.split(":"):
        seconds = 60 * seconds + float(part)
    return seconds


def _any(words: Mapping[str, str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


_SAYS = re.compile(r"""(?:says?|said|说|说了)\s*[:：]?\s*(?:"([^"]+)"|“([^”]+)”|「([^」]+)」)""", re.IGNORECASE)
_BETWEEN = re.compile(rf"({_any(_INPUTS)})\s*(?:\band\b|&|和|与|跟)\s*(?:the\s+)?({_any(_INPUTS)})")
_PARTING = re.compile(r"[,，、;；。]|\b(?:and|but|with)\b|并且|而且|且|和|但")
_OR = re.compile(r"\s*(?:\bor\b|或者|或)\s*")
_NOT = r"(?P<not>(?:not|no|不是|非)\s*)?"
_WORDS = rf"(?P<labels>(?:{_any(_labels())})(?:\s*(?:\bor\b|或者|或)\s*(?:{_any(_labels())}))*)"
_RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Condition]], ...] = (
    (re.compile(_NOT + _WORDS), _answer),
    (re.compile(rf"(?P<input>{_any(_INPUTS)})\s*(?:is|:|：|是)?\s*{_NOT}{_WORDS}"), _alone),
    (re.compile("sure|certain|clear|确定|明确"), lambda _: Condition("NOT uncertain")),
    (re.compile("unsure|uncertain|not (?:sure|certain)|不确定|不明确"), lambda _: Condition("uncertain")),
    (
        re.compile(
            rf"(?:(?P<one>{_any(_INPUTS)})\+(?P<other>{_any(_INPUTS)})|inputs|输入)\s*(?:disagree|conflict|不一致|矛盾|冲突)"
        ),
        _opposed,
    ),
    (
        re.compile(r"(?:above|over|at least|高于|超过|至少)\s*(\d{1,3})\s*%"),
        lambda found: Condition("probability >= ?", (int(found[1]) / 100,)),
    ),
    (re.compile(r"(?:by\s+)?((?:person|voice)-\d+)"), lambda found: Condition("who = ?", (found[1],))),
    (re.compile(r"(?:in|语言)\s*([a-z]{2,3})"), lambda found: Condition("language = ?", (found[1],))),
    (
        re.compile(r"(?:after|晚于)\s*(\d+(?::\d+){0,2}(?:\.\d+)?)(?:\s*s)?"),
        lambda found: Condition("start >= ?", (_seconds(found[1]),)),
    ),
    (
        re.compile(r"(?:before|早于)\s*(\d+(?::\d+){0,2}(?:\.\d+)?)(?:\s*s)?"),
        lambda found: Condition('"end" <= ?', (_seconds(found[1]),)),
    ),
)
