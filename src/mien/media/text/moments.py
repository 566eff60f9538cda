"""Divides words with times into moments: short stretches that end with a sentence, so that each has an emotion of its own."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from mien.media.text.words import COMMAS, LONGEST, ends_sentence
from mien.types import Span, Word, Words

MOMENT = 6.0
"""Seconds; the longest moment."""
_LEAST = 1.0  # seconds; a shorter sentence goes with the one after it, or else with the one before it
_PAUSE = 0.5  # seconds; a longer time without a word ends a moment
_COMMA = 0.25  # a cut at a comma may lie farther from where parts are equal, by this share of a part
_TITLES = frozenset({"mr.", "mrs.", "ms.", "dr.", "prof.", "st.", "vs.", "e.g.", "i.e."})


def moments(words: Words) -> list[Words]:
    """The words, divided. A moment has at most ``MOMENT`` seconds and ``LONGEST`` words, unless one word is longer."""
    sentences = _together(list(_sentences(words.items, words.language)))
    return [Words(tuple(part), words.language) for sentence in sentences for part in _cut(sentence)]


def tiled(span: Span, parts: Sequence[Words]) -> list[Span]:
    """The span in parts without gaps, one for each of ``parts``; they meet halfway between the words of two neighbours."""
    meet = [(a.items[-1].span.end + b.items[0].span.start) / 2 for a, b in pairwise(parts)]
    edges = [span.start, *(min(max(at, span.start), span.end) for at in meet), span.end]
    return [Span(a, max(a, b)) for a, b in pairwise(edges)]


def evenly(span: Span, longest: float = MOMENT) -> list[Span]:
    """The span in equal parts of at most ``longest`` seconds, for speech whose words are not known."""
    count = max(1, math.ceil(span.duration / longest))
    edges = [span.start + span.duration * k / count for k in range(count)]
    return [Span(a, b) for a, b in pairwise([*edges, span.end])]


def _sentences(words: Sequence[Word], language: str | None) -> Iterator[list[Word]]:
    """The sentences. A pause ends a sentence too."""
    sentence: list[Word] = []
    for word in words:
        if sentence and (_pause(sentence, word) or _over(sentence[-1], language)):
            yield sentence
            sentence = []
        sentence.append(word)
    if sentence:
        yield sentence


def _over(word: Word, language: str | None) -> bool:
    """Whether a sentence ends with the word. "Mr." and the "J." of a name end none."""
    text = word.text.strip()
    initial = len(text) == 2 and text[0].isupper() and text[1] == "."
    return ends_sentence(text, language) and text.lower() not in _TITLES and not initial


def _pause(before: Sequence[Word], word: Word) -> bool:
    return word.span.start - before[-1].span.end > _PAUSE


def _together(sentences: Sequence[list[Word]]) -> list[list[Word]]:
    """The sentences, with those joined to a neighbour that are too short to show an emotion."""
    joined: list[list[Word]] = []
    for sentence in sentences:
        short = bool(joined) and min(_seconds(joined[-1]), _seconds(sentence)) < _LEAST
        if short and not _pause(joined[-1], sentence[0]) and _seconds([*joined[-1], *sentence]) <= MOMENT:
            joined[-1] = [*joined[-1], *sentence]
        else:
            joined.append(sentence)
    return joined


def _seconds(words: Sequence[Word]) -> float:
    return words[-1].span.end - words[0].span.start


def _cut(words: list[Word]) -> Iterator[list[Word]]:
    """Parts that are short enough and about equally long. A cut lies at a comma or a pause where one is near."""
    while (count := max(math.ceil(_seconds(words) / MOMENT), math.ceil(len(words) / LONGEST))) > 1 < len(words):
        at = _place(words, count)
        yield words[:at]
        words = words[at:]
    yield words


def _place(words: Sequence[Word], count: int) -> int:
    """How many words the first of ``count`` parts has."""
    start, whole = words[0].span.start, max(_seconds(words), 1e-9)

    def cost(at: int) -> float:
        before, after = words[at - 1], words[at]
        pause = after.span.start - before.span.end
        late = max((before.span.end - start) / whole, at / len(words)) - 1 / count
        comma = _COMMA if before.text.strip()[-1:] in COMMAS else 0.0
        return abs(late) - comma / count - pause / whole

    fits = [n for n in range(1, min(len(words), LONGEST + 1)) if _seconds(words[:n]) <= MOMENT]
    return min(fits or [1], key=cost)
