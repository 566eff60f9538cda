"""Finds which words supported a label: each word is left out once, and stands alone once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mien.explain.evidence.base import Bools, Explainer, explainers
from mien.explanation import Piece
from mien.types import Modality, Segment, Word, Words

_MOST = 40  # parts; in a longer text the parts are phrases


@explainers.register
class WordOcclusion(Explainer):
    """Occlusion of words, or of phrases of equal length when there are more than 40 words. Removed words leave no gap.

    In a language without spaces, a word is a word of the speech recognition, or a character of a written text.
    """

    modality: Modality = "text"

    def pieces(self, segment: Segment) -> tuple[Piece, ...]:
        """One part for each word or phrase."""
        words = segment.words
        if words is None:
            return ()
        phrases = (Words(p, words.language) for p in _phrases(words.items))
        return tuple(Piece(text=p.text, span=p.items[0].span | p.items[-1].span) for p in phrases)

    def without(self, segment: Segment, gone: Bools) -> Segment | None:
        """The other words, joined without a gap."""
        if segment.words is None or gone.all():
            return None
        kept = [w for p, out in zip(_phrases(segment.words.items), gone, strict=True) if not out for w in p]
        # The language of the whole text is kept, because a few remaining words could look like another language.
        return replace(segment, words=Words(tuple(kept), segment.words.language or "en"))


def phrase_length(count: int) -> int:
    """The number of words in each part of a text with ``count`` words. The last part may have fewer."""
    return -(-count // _MOST)


def _phrases(words: Sequence[Word]) -> list[tuple[Word, ...]]:
    length = phrase_length(len(words))
    return [tuple(words[i : i + length]) for i in range(0, len(words), length)]
