"""Words as MiniLM word pieces."""

from __future__ import annotations

import unicodedata
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from mien.bundles import shared_file
from mien.encoders.base import Encoder, encoders
from mien.types import Modality, Segment, Track, Words

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from torch import nn

_LATIN_SHARE = 0.7


@encoders.register
class MiniLMText(Encoder):
    """English word pieces for MiniLM (Wang et al. 2020, arXiv 2002.10957).

    The track holds int64 (T,) token ids, ``[CLS]`` and ``[SEP]`` included; ``times`` is the middle of the word each
    token belongs to. Quality: mean confidence of the words in [0, 1], and how many words there are.

    Args:
        tokens: longest input; what goes beyond is cut off at the end.
    """

    modality: Modality = "text"
    quality_names: tuple[str, ...] = ("confidence", "words")

    def __init__(self, tokens: int = 96) -> None:
        self.tokens = tokens

    @property
    def settings(self) -> dict[str, object]:
        """The arguments that rebuild this encoder."""
        return {"tokens": self.tokens}

    def prepare(self, segment: Segment) -> Track | None:
        """Token ids; ``None`` without words, or when the words are not English as far as can be told."""
        words = segment.words
        if words is None or not words.text or not readable(words):
            return None
        pieces = self._tokenizer.encode(words.text)
        starts, middles = _word_clock(words)
        # The mark at the end has no place in the text: it stands where the last word does.
        begins = np.maximum.accumulate([begin for begin, _ in pieces.offsets])
        at = np.searchsorted(starts, begins, side="right") - 1
        quality = [float(np.mean([w.confidence for w in words.items])), float(len(words))]
        return Track(
            middles[np.clip(at, 0, None)], np.asarray(pieces.ids, np.int64), (), np.asarray(quality, np.float32)
        )

    def network(self) -> nn.Module:
        """MiniLM with its published weights."""
        from mien.networks.minilm import MiniLM

        return MiniLM()

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(shared_file("minilm_tokenizer.json")))
        tokenizer.no_padding()
        tokenizer.enable_truncation(self.tokens)
        return tokenizer


def readable(words: Words) -> bool:
    """Whether an English model can read the words: the language says so, or most letters are Latin."""
    if words.language is not None:
        return words.language == "en"
    letters = [c for c in words.text if c.isalpha()]
    latin = sum(1 for c in letters if "LATIN" in unicodedata.name(c, ""))
    return bool(letters) and latin / len(letters) >= _LATIN_SHARE


def _word_clock(words: Words) -> tuple[np.ndarray, np.ndarray]:
    """Where each word starts in ``words.text`` (characters), and the middle of its span (seconds)."""
    starts, at, line = [], 0, words.text
    for word in words.items:
        piece = word.text.strip()
        at = line.index(piece, at)
        starts.append(at)
        at += len(piece)
    return np.asarray(starts), np.asarray([(w.span.start + w.span.end) / 2 for w in words.items])
