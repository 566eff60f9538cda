"""Which words spoke for a label: words are left out, and said alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mien.explain.evidence.base import Bools, Explainer, explainers
from mien.explanation import Piece
from mien.types import Modality, Segment, Word, Words

_MOST = 40  # parts; in a longer text they are phrases


@explainers.register
class WordOcclusion(Explainer):
    """Words, or phrases of equal length where there are more than 40 words. Left-out words leave no gap.

    In a language written without spaces a word is what speech recognition takes for one, and of a text a character.
    """

    modality: Modality = "text"

    def pieces(self, segment: Segment) -> tuple[Piece, ...]:
        """A part for each word or phrase."""
        words = segment.words
        if words is None:
            return ()
        phrases = (Words(p, words.language) for p in _phrases(words.items))
        return tuple(Piece(text=p.text, span=p.items[0].span | p.items[-1].span) for p in phrases)

    def without(self, segment: Segment, gone: Bools) -> Segment | None:
        """The other words, close together."""
        if segment.words is None or gone.all():
            return None
        kept = [w for p, out in zip(_phrases(segment.words.items), gone, strict=True) if not out for w in p]
        # An English word is no proof of English for the words around it: the language is that of the whole.
        return replace(segment, words=Words(tuple(kept), segment.words.language or "en"))


def phrase_length(count: int) -> int:
    """How many words each part of a text of ``count`` words has; the last one may have fewer."""
    return -(-count // _MOST)


def _phrases(words: Sequence[Word]) -> list[tuple[Word, ...]]:
    length = phrase_length(len(words))
    return [tuple(words[i : i + length]) for i in range(0, len(words), length)]
