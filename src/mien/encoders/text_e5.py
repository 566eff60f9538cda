"""English and Chinese words as the pieces of multilingual E5."""

from __future__ import annotations

import re
import unicodedata
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mien.bundles import shared_file
from mien.encoders._front.signs import plain
from mien.encoders._front.tokens import LONGEST, MOST_CONTEXT, TokenEncoder
from mien.encoders.base import encoders
from mien.recipe import strict
from mien.types import Track, Words

if TYPE_CHECKING:
    from torch import nn

_LANGUAGES = frozenset({"en", "zh", "yue"})
_READ_SHARE = 0.7
_SCRIPTS = ("LATIN", "CJK UNIFIED")
_COMMONEST = 4  # the commonest piece; the marks come before it
_USUAL_RANK = 7.0  # a log rank; the mean over English comments is 6.8
_ENGLISH, _OTHER = -3.0, 1.0  # what the letters of a text add to its rarity
# Accounts, topics, names that a data set has hidden, and what has digits.
_NO_WORDS = re.compile(r"[@#/]\S+|\bu/\S+|\[[A-Z]+\]|\S*\d\S*")
_STRETCHED = re.compile(r"(\w)\1{2,}")


@encoders.register
class E5Text(TokenEncoder):
    """English and Chinese pieces of words for multilingual E5 (Wang et al. 2024, arXiv 2402.05672).

    The vocabulary is the part of the published one that English and Chinese need, with emoji and signs; ``tools/prune_e5.py``
    makes it. Case, punctuation and emoji are read; ``_front.signs`` tells what happens to emoji that the vocabulary lacks or
    that stand alone, and to addresses. The prefixes that E5 is trained with are left out: they are for search.

    The track holds int64 (T,) ids of pieces, with ``<s>`` and ``</s>``. The time of a piece is the middle of its word, or the
    start of this utterance for earlier ones. Quality: mean confidence of the words in [0, 1], and the number of words.

    Args:
        tokens: longest input. A longer one loses the oldest context first, then the middle of the utterance.
        context: how many earlier utterances are used before this one.
        dropout: share dropped in training, of states and of attention.
        frozen: how many of the twelve layers never learn, from below. The embeddings of the pieces are frozen with them.
    """

    def __init__(self, tokens: int = 96, context: int = 0, dropout: float = 0.0, frozen: int = 6) -> None:
        self.tokens = strict.within("tokens", tokens, 1, LONGEST)
        self.context = strict.within("context", context, 0, MOST_CONTEXT)
        self.dropout, self.frozen = dropout, frozen
        self._known: dict[str, bool] = {}

    @property
    def settings(self) -> dict[str, object]:
        """The arguments that rebuild this encoder."""
        return {"tokens": self.tokens, "context": self.context, "dropout": self.dropout, "frozen": self.frozen}

    def measures(self, track: Track) -> dict[str, float]:
        """Its quality, and ``rarity``: how much rarer than usual the pieces are. Other languages have rarer pieces.

        With n pieces that are made of Latin letters, rarity is the sum of log(rank) - 7 over them, divided by sqrt(n + 2), so
        a longer text counts as more evidence, plus what the letters say, and times the share of such pieces among those with
        letters. It is about -4 for English and 0 for Chinese. The rank is the place in the vocabulary, which lists pieces by
        their frequency in English and Chinese. Pieces that continue a word, and those with other letters than English has,
        count as the rarest words, because other languages have many of them. Capitals, stretched words and names of accounts
        are made plain first, because they are in rare pieces though they are English. The letters say -3 where their
        statistics, by chardet, are those of English, and 1 where they are those of another language.
        """
        text = _bare("".join(self._pieces[i] for i in track.values if i >= _COMMONEST).replace("▁", " "))
        ids = self._tokenizer.encode(text, add_special_tokens=False).ids
        ranks = self._rarities[ids]
        lettered = int(np.isfinite(ranks).sum() + self._chinese[ids].sum())
        known = ranks[np.isfinite(ranks)]
        rarity = (known.sum() / np.sqrt(len(known) + 2) + _of_letters(text)) * len(known) / max(1, lettered)
        return {**super().measures(track), "rarity": float(rarity)}

    def network(self) -> nn.Module:
        """Multilingual E5 with its published weights."""
        from mien.networks.e5 import E5

        return E5(self._pieces, self.dropout, self.frozen)

    def _reads(self, words: Words) -> bool:
        """Whether the language is English or Chinese; where it is unknown, whether most letters are Latin or Chinese.

        A text without letters may have emoji.
        """
        if words.language is not None:
            return words.language in _LANGUAGES
        letters = [c for c in words.text if c.isalpha()]
        read = sum(1 for c in letters if unicodedata.name(c, "").startswith(_SCRIPTS))
        return not letters or read / len(letters) >= _READ_SHARE

    def _plain(self, words: Words) -> Words | None:
        return plain(words, self._knows)

    def _knows(self, sign: str) -> bool:
        """Whether the vocabulary has a sign."""
        if sign not in self._known:
            unknown = self._tokenizer.token_to_id("<unk>")
            self._known[sign] = unknown not in self._tokenizer.encode(sign, add_special_tokens=False).ids
        return self._known[sign]

    @property
    def _path(self) -> Path:
        return shared_file("e5_tokenizer.json")

    @cached_property
    def _pieces(self) -> list[str]:
        return [str(self._tokenizer.id_to_token(i)) for i in range(self._tokenizer.get_vocab_size())]

    @cached_property
    def _rarities(self) -> NDArray[np.float64]:
        """How much rarer than usual each piece of the vocabulary is, (V,); NaN where it is not made of Latin letters."""
        size = len(self._pieces)
        ranks = np.log(np.maximum(np.arange(size) - _COMMONEST + 1, 1))
        bare = [piece.removeprefix("▁") for piece in self._pieces]
        ranks[[b == piece or not b.isascii() for b, piece in zip(bare, self._pieces, strict=True)]] = np.log(size)
        ranks[[not (b and all("LATIN" in unicodedata.name(c, "") for c in b)) for b in bare]] = np.nan
        return ranks - _USUAL_RANK

    @cached_property
    def _chinese(self) -> NDArray[np.bool_]:
        """Whether each piece of the vocabulary has a Chinese character, (V,)."""
        return np.asarray([any("CJK UNIFIED" in unicodedata.name(c, "") for c in piece) for piece in self._pieces])


def _bare(text: str) -> str:
    """The words of a text in small letters, without stretched letters and without what is no word."""
    return _STRETCHED.sub(r"\1\1", _NO_WORDS.sub(" ", text)).lower()


def _of_letters(text: str) -> float:
    """What the statistics of the letters add to the rarity of a text; 0 where they tell no language."""
    from chardet import detect

    language = detect(text.encode())["language"]
    return 0.0 if language is None else _ENGLISH if language == "en" else _OTHER
