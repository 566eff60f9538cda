"""Words as MiniLM word pieces."""

from __future__ import annotations

import unicodedata
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mien.bundles import shared_file
from mien.encoders._front.tokens import LONGEST, MOST_CONTEXT, TokenEncoder
from mien.encoders.base import encoders
from mien.recipe import strict
from mien.types import Track, Words

if TYPE_CHECKING:
    from torch import nn

_LATIN_SHARE = 0.7
_COMMONEST = 1996  # the token "the": words follow it in order of frequency, single letters come before it
_USUAL_RANK = 6.0  # a log rank; the mean over English comments is 5.2


@encoders.register
class MiniLMText(TokenEncoder):
    """English word pieces for MiniLM (Wang et al. 2020, arXiv 2002.10957).

    The track holds int64 (T,) token ids, with ``[CLS]`` and ``[SEP]``. The time of a token is the middle of its word, or the
    start of this utterance for earlier ones. Quality: mean confidence of the words in [0, 1], and the number of words.

    Args:
        tokens: longest input. A longer one loses the oldest context first, then the end of the utterance.
        context: how many earlier utterances are used before this one.
        dropout: share dropped in training, of states and of attention.
    """

    def __init__(self, tokens: int = 96, context: int = 0, dropout: float = 0.1) -> None:
        self.tokens = strict.within("tokens", tokens, 1, LONGEST)
        self.context = strict.within("context", context, 0, MOST_CONTEXT)
        self.dropout = dropout

    @property
    def settings(self) -> dict[str, object]:
        """The arguments that rebuild this encoder."""
        return {"tokens": self.tokens, "context": self.context, "dropout": self.dropout}

    def measures(self, track: Track) -> dict[str, float]:
        """Its quality, and ``rarity``: how much rarer than usual the word pieces are. Other languages have rarer pieces.

        With n pieces that are made of letters, rarity is the sum of log(rank) - 6 over them, divided by sqrt(n + 2), so a
        longer text counts as more evidence. It is about -3 for English. The rank is the place in the vocabulary, which lists
        words by frequency. Pieces that continue a word count as the rarest words, because other languages have many of them.
        """
        ranks = self._log_ranks[track.values]
        known = ranks[np.isfinite(ranks)]
        rarity = (known - _USUAL_RANK).sum() / np.sqrt(len(known) + 2)
        return {**super().measures(track), "rarity": float(rarity)}

    def network(self) -> nn.Module:
        """MiniLM with its published weights."""
        from mien.networks.minilm import MiniLM

        return MiniLM(self.dropout)

    def _reads(self, words: Words) -> bool:
        """Whether the language is English; where it is unknown, whether most letters are Latin."""
        if words.language is not None:
            return words.language == "en"
        letters = [c for c in words.text if c.isalpha()]
        latin = sum(1 for c in letters if "LATIN" in unicodedata.name(c, ""))
        return bool(letters) and latin / len(letters) >= _LATIN_SHARE

    @property
    def _path(self) -> Path:
        return shared_file("minilm_tokenizer.json")

    @cached_property
    def _log_ranks(self) -> NDArray[np.float64]:
        """Log rank of each token of the vocabulary, (V,); NaN where it is not made of letters."""
        size = self._tokenizer.get_vocab_size()
        pieces = [self._tokenizer.id_to_token(i) or "" for i in range(size)]
        ranks = np.log(np.maximum(np.arange(size) - _COMMONEST + 1, 1))
        ranks[[p.startswith("##") for p in pieces]] = np.log(size)
        ranks[[not p.removeprefix("##").isalpha() for p in pieces]] = np.nan
        return ranks
