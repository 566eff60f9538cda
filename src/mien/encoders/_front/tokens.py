"""Words, and what was said before them, as tokens on the clock."""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mien.encoders.base import Encoder
from mien.runtime.memory import check_room, loading
from mien.types import Float32, Modality, Segment, Track, Words

if TYPE_CHECKING:
    from tokenizers import Tokenizer

LONGEST = 100_000
"""The most tokens that an encoder may be told to read at once."""
MOST_CONTEXT = 10_000
"""The most earlier utterances that an encoder may be told to use."""
QUALITY = ("confidence", "words")
"""The two values of ``quality``: mean confidence of the words in [0, 1], and the number of words."""


_ROOM = 64_000_000  # bytes; a tokenizer of 50,000 pieces takes 28 MB, and some more while it is read
_OF_A_WORD = 8  # tokens; no English word of the vocabularies has more than 16


class Tokens(NamedTuple):
    """Tokens of one utterance.

    Attributes:
        ids: int64 (T,), with the special tokens that the model wants around a text.
        times: float64 (T,) seconds, the middle of the word that a token belongs to. Tokens of earlier utterances have the start
            of this utterance.
        own: bool (T,), false where a token belongs to an earlier utterance.
        words: int64 (T,), the index of the word that a token belongs to; -1 for special tokens and for earlier utterances.
        quality: float32 (2,), see ``QUALITY``.
    """

    ids: NDArray[np.int64]
    times: NDArray[np.float64]
    own: NDArray[np.bool_]
    words: NDArray[np.int64]
    quality: Float32


class TokenEncoder(Encoder):
    """A text encoder whose track holds tokens.

    Attributes:
        tokens: longest input. A longer one loses the oldest context first, then the middle of the utterance.
    """

    modality: Modality = "text"
    quality_names: tuple[str, ...] = QUALITY
    version: int = 2
    tokens: int

    @property
    def identity(self) -> dict[str, object]:
        """What the tokens depend on; the network is not part of it."""
        return {"version": self.version, "settings": {"tokens": self.tokens, "context": self.context}}

    def prepare(self, segment: Segment) -> Track | None:
        """Token ids; ``None`` without words, or when the words are known or likely to be of a language it does not read."""
        found = self._read(segment)
        return None if found is None else Track(found.times, found.ids, found.quality)

    def words(self, segment: Segment) -> NDArray[np.int64] | None:
        """See the base class."""
        found = self._read(segment)
        return None if found is None else found.words

    def _read(self, segment: Segment) -> Tokens | None:
        words = segment.words
        if words is None or not words.text or not self._reads(words):
            return None
        plain = self._plain(words)
        return None if plain is None else read_tokens(self._tokenizer, segment, plain, self.tokens, self.context)

    def _plain(self, words: Words) -> Words | None:
        """The words as the model should read them, as many as there are; ``None`` when they say nothing."""
        return words

    def _reads(self, words: Words) -> bool:
        """Whether the model knows the language of the words, as far as this encoder can tell."""
        return True

    @property
    @abstractmethod
    def _path(self) -> Path:
        """The file of the tokenizer (tokenizer.json)."""

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer

        check_room(_ROOM)
        with loading():
            tokenizer = Tokenizer.from_file(str(self._path))
        tokenizer.no_padding()
        tokenizer.no_truncation()
        return tokenizer


def read_tokens(tokenizer: Tokenizer, segment: Segment, words: Words, limit: int, context: int) -> Tokens:
    """Tokens of the last earlier utterances and of the words after them, as a model takes a pair of texts.

    Where both together are longer than ``limit``, the oldest context is cut off. An utterance that is too long alone loses
    its middle, because what people think of what they tell often comes at the end. A word of more than 16 tokens loses its
    middle, too, so that a string of any length takes no room from the words around it.

    Args:
        tokenizer: without padding and truncation.
        segment: holds the context.
        words: of the segment; not empty.
        limit: largest number of tokens, with special tokens.
        context: how many utterances of ``Segment.context`` are used at most.
    """
    before = segment.context[-context:] if context else ()
    quality, gone = _quality(words), max(0, len(words) - 2 * limit)
    # Every word is a token at least, so the words in the middle of a very long text would be cut off anyway.
    words = Words((*words.items[:limit], *words.items[limit + gone :]), words.language) if gone else words
    said = tokenizer.encode(words.text, add_special_tokens=False)
    room = limit - tokenizer.num_special_tokens_to_add(True) - len(said)
    if before and room > 0:
        earlier = tokenizer.encode(_joined(tokenizer, before), add_special_tokens=False)
        earlier.truncate(room, direction="left")
        whole = tokenizer.post_process(earlier, said)
        own = np.logical_or.accumulate([which == 1 for which in whole.sequence_ids])
    else:
        whole = tokenizer.post_process(said)
        own = np.ones(len(whole), bool)
    starts, middles = _word_clock(words)
    # The special token at the end has no place in the text, so it gets the place of the last word.
    begins = np.maximum.accumulate(
        [_begin(words.text, *of) if o else 0 for of, o in zip(whole.offsets, own, strict=True)]
    )
    at = np.clip(np.searchsorted(starts, begins, side="right") - 1, 0, None)
    times = np.where(own, middles[at], min(segment.span.start, float(middles[0])))
    marks = np.asarray(whole.special_tokens_mask, bool)
    ids, places = np.asarray(whole.ids, np.int64), np.where(own & ~marks, at, -1)
    rest = _of_long_words(places)
    kept = rest[_around_middle(len(rest), max(limit, tokenizer.num_special_tokens_to_add(False) + 1))]
    places = np.where(places >= limit, places + gone, places)
    return Tokens(ids[kept], times[kept], own[kept], places[kept], quality)


def _begin(text: str, start: int, end: int) -> int:
    """Where the letters of a piece begin, which some tokenizers let begin with the space before its word."""
    return end - len(text[start:end].lstrip())


def _of_long_words(places: NDArray[np.int64]) -> NDArray[np.int64]:
    """The places that stay when each word keeps its first and its last tokens, ``_OF_A_WORD`` of each."""
    begins = np.flatnonzero(np.diff(places, prepend=-2))
    sizes = np.diff(begins, append=len(places))
    before = np.arange(len(places)) - np.repeat(begins, sizes)
    after = np.repeat(sizes, sizes) - before
    return np.flatnonzero((places < 0) | (before < _OF_A_WORD) | (after <= _OF_A_WORD))


def _around_middle(length: int, limit: int) -> NDArray[np.int64]:
    """The places that stay of ``length`` tokens: all, or the first and the last ones in equal parts."""
    left_out = max(0, length - limit)
    start = (length - left_out + 1) // 2
    return np.delete(np.arange(length), slice(start, start + left_out))


def _quality(words: Words) -> Float32:
    return np.asarray([float(np.mean([w.confidence for w in words.items])), float(len(words))], np.float32)


def _joined(tokenizer: Tokenizer, lines: tuple[str, ...]) -> str:
    """Utterances with the model's separator token between them; without such a token, each on a line of its own."""
    mark = next((m for m in ("[SEP]", "</s>") if tokenizer.token_to_id(m) is not None), None)
    text = (f" {mark} " if mark else "\n").join(lines)
    # Some models put no special token between the two texts of a pair; then a line break separates them.
    return (
        text if tokenizer.num_special_tokens_to_add(True) > tokenizer.num_special_tokens_to_add(False) else text + "\n"
    )


def _word_clock(words: Words) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Where each word starts in ``words.text`` (characters), and the middle of its span (seconds)."""
    starts, at, line = [], 0, words.text
    for word in words.items:
        piece = word.text.strip()
        at = line.index(piece, at)
        starts.append(at)
        at += len(piece)
    return np.asarray(starts), np.asarray([w.span.middle for w in words.items])
