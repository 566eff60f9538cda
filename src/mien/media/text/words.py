"""Splits text in any script into sentences and words, and tells a language by its script."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from mien.types import UNSPACED, Span, Word, Words

LONGEST = 40  # words; a text encoder takes about so many at once
_WORD = 0.4  # seconds; assumed for each word of a text without times
_CHARACTER = 0.2  # seconds; the same for a character, as people say about five a second
_EVIDENT = 0.3  # a script with a larger share of the letters tells the language

# Scripts that only one common language uses. Many languages share Latin, Cyrillic, Arabic and Devanagari.
_SCRIPTS = {
    "ja": r"\u3041-\u3096\u30a1-\u30fa\u31f0-\u31ff\uff66-\uff6f\uff71-\uff9d",
    "zh": r"\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff",
    "th": r"\u0e01-\u0e30\u0e32\u0e40-\u0e46",
    "lo": r"\u0e81-\u0eb0\u0eb2\u0ebd-\u0ec6\u0edc-\u0edf",
    "my": r"\u1000-\u102a\u103f\u1050-\u1055",
    "ko": r"\uac00-\ud7a3\u1100-\u11ff\u3131-\u318e",
    "el": r"\u0370-\u03ff\u1f00-\u1fff",
    "he": r"\u05d0-\u05ea",
    "hy": r"\u0531-\u0587",
    "ka": r"\u10a0-\u10ff",
    "km": r"\u1780-\u17b3",
    "ta": r"\u0b85-\u0bb9",
    "te": r"\u0c05-\u0c39",
}
_LETTERS = {name: re.compile(f"[{ranges}]") for name, ranges in _SCRIPTS.items()}

# In scripts without spaces a word is one character with its marks. Thai and Lao write some vowels before their consonant.
# Any other piece is a run of letters and digits in another script, or one sign.
_BARE = "".join(_SCRIPTS[name] for name in ("ja", "zh", "th", "lo", "my"))
_BEFORE = r"[\u0e40-\u0e44\u0ec0-\u0ec4]?"
_MARKS = (
    r"[\u0300-\u036f\u0e31\u0e33-\u0e3a\u0e45\u0e47-\u0e4e\u0eb1\u0eb3-\u0ebc\u0ec8-\u0ece\u102b-\u103e\u1056-\u1059"
    r"\u3099\u309a\u30fc\uff70\uff9e\uff9f\ufe00-\ufe0f]*"
)
_RUN = rf"(?:(?![{_BARE}])\w)+"
_PIECE = re.compile(rf"(\s*)({_BEFORE}[{_BARE}]{_MARKS}|{_RUN}(?:[.,:'’-]{_RUN})*|\S)")

_STOPS = "。！？｡…；"  # these end a sentence, whatever follows
_CLOSERS = "\"'”’」』）)】》〉"
_BARE_END = re.compile(rf"(?:[{_STOPS}!?။]|\.(?![\w.]))+[{_CLOSERS}]*")
_SPACED_END = re.compile(r"(?<=[.!?؟۔।։])\s+|(?<=[。！？])(?![。！？”’」』）])")
COMMAS = ",;:，、；：､"
"""A long sentence may be cut after these."""


def language_of(text: str) -> str | None:
    """The language (ISO 639-1) that the script of a text tells; ``None`` when the script does not tell."""
    if text.isascii():
        return None
    counts = {name: len(letters.findall(text)) for name, letters in _LETTERS.items()}
    if counts["ja"] >= 0.1 * counts["zh"]:  # a Japanese text has many kana; a Chinese one may quote a word with some
        counts["ja"] += counts.pop("zh") if counts["ja"] else 0
    best = max(counts, key=lambda name: counts[name])
    return best if counts[best] > _EVIDENT * sum(c.isalpha() for c in text) else None


def pieces(text: str, language: str | None) -> list[str]:
    """The words of a text, in order. ``Words`` of the same language joins them to the same text.

    Text in a language without spaces between words (``UNSPACED``) is split into characters. A sign goes with the character
    before it, an opening bracket or quote with the one after it, and a space with what follows it.
    """
    if language not in UNSPACED:
        return text.split()
    found: list[str] = []
    opened = ""
    for space, sign in _PIECE.findall(text):
        piece = f" {sign}" if space and (found or opened) else sign
        if any(c.isalnum() for c in piece):
            found.append(opened + piece)
            opened = ""
        elif opened or not found or unicodedata.category(piece[-1]) in ("Ps", "Pi"):
            opened += piece
        else:
            found[-1] += piece
    return [*found, opened] if opened else found


def spread(text: str, span: Span) -> Words:
    """Spreads the words of a text over a span in proportion to their length. The script tells the language."""
    return spread_as(text, span, language_of(text))


def spread_as(text: str, span: Span, language: str | None) -> Words:
    """The same as ``spread`` for a text in a known language; ``None`` stands for any language with spaces."""
    found = pieces(text, language)
    total = sum(len(p.strip()) for p in found)
    words, at = [], span.start
    for piece in found:
        end = min(span.end, at + span.duration * len(piece.strip()) / total)
        words.append(Word(piece, Span(at, end)))
        at = end
    return Words(tuple(words), language)


def at_pace(text: str, within: Span) -> Words:
    """The words of a text as if they were said from the start of a span at an even pace, or faster to fit into it."""
    language = language_of(text)
    said = pace(language) * len(pieces(text, language))
    return spread_as(text, Span(within.start, min(within.end, within.start + said)), language)


def pace(language: str | None) -> float:
    """Seconds that are assumed for a word of a text without times."""
    return _CHARACTER if language in UNSPACED else _WORD


def sentences(text: str) -> list[str]:
    """The sentences of a text. The end of a line ends a sentence too."""
    return [s for line in text.splitlines() for s in map(str.strip, _sentences(line)) if s]


def _sentences(line: str) -> Iterator[str]:
    if language_of(line) not in UNSPACED:
        yield from _SPACED_END.split(line)
        return
    at = 0
    for end in _BARE_END.finditer(line):
        yield line[at : end.end()]
        at = end.end()
    yield line[at:]


def ends_sentence(word: str, language: str | None) -> bool:
    """Whether a sentence ends with a word, by the sign at its end."""
    if language in UNSPACED:
        return (word.rstrip(_CLOSERS)[-1:] or " ") in f"{_STOPS}.!?။"
    return (word[-1:] or " ") in ".!?。！？؟۔।։"


def parts(words: Sequence[str]) -> Iterator[Sequence[str]]:
    """Parts of at most ``LONGEST`` words and of about equal length. A part ends at a comma where one fits."""
    at = 0  # a slice of the rest for each part would take a time that grows with the square of the length
    while (left := len(words) - at) > LONGEST:
        count = -(-left // LONGEST)
        fits = range(max(1, left - (count - 1) * LONGEST), LONGEST + 1)
        wanted = left / count
        commas = [n for n in fits if words[at + n - 1][-1:] in COMMAS]
        cut = min(commas or fits, key=lambda n: abs(n - wanted))
        yield words[at : at + cut]
        at += cut
    if left:
        yield words[at:]
