"""Words as the tokens of any pretrained text model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mien.encoders._front.pretrained import PretrainedEncoder
from mien.encoders._front.tokens import LONGEST, MOST_CONTEXT, TokenEncoder
from mien.encoders.base import encoders
from mien.recipe import strict
from mien.runtime.cache import file_sha256
from mien.runtime.hub import needed_file
from mien.types import Segment, Track

if TYPE_CHECKING:
    from torch import nn


@encoders.register
class PretrainedText(TokenEncoder, PretrainedEncoder):
    """Tokens for a text model of transformers: BERT, RoBERTa, DeBERTa, XLM-R, Chinese models, GPT-2, the encoder of T5, ...

    The track holds int64 (T, 2): the token's id, and 1 for a token of the utterance itself, 0 for a token of earlier
    utterances. The time of a token is the middle of its word, or the start of this utterance for earlier ones. Words of every
    language are accepted, so the user has to choose a model that knows the language. Quality: see ``_front/tokens.py``.

    Args:
        model, layers, learn, lora, dim, front: see ``PretrainedEncoder``.
        pooling: "none" (a state per token), "mean", "utterance" (mean of the utterance's own tokens), "first" (BERT's [CLS]) or
            "last" (for GPT-2 and similar models).
        tokens: longest input. A longer one loses the oldest context first, then the end of the utterance.
        context: how many earlier utterances are used; the model's own separator stands between them.
        tokenizer: path of a tokenizer.json; "" for that of the model.

    Raises:
        InputError: see ``PretrainedEncoder``.
    """

    poolings = ("none", "mean", "utterance", "first", "last")
    asset_arguments = ("tokenizer",)

    def __init__(
        self,
        model: str,
        layers: Sequence[int] = (-1,),
        pooling: str = "none",
        learn: bool = False,
        lora: int = 0,
        dim: int = 0,
        tokens: int = 128,
        context: int = 0,
        tokenizer: str = "",
        front: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(model, layers, pooling, learn, lora, dim, front)
        self.tokens = strict.within("tokens", tokens, 1, LONGEST)
        self.context, self._given_tokenizer = strict.within("context", context, 0, MOST_CONTEXT), tokenizer

    def prepare(self, segment: Segment) -> Track | None:
        """Tokens; ``None`` without words.

        Raises:
            InputError: the model has no tokenizer.json, or cannot be reached.
        """
        found = self._read(segment)
        if found is None:
            return None
        return Track(found.times, np.stack([found.ids, found.own.astype(np.int64)], axis=1), found.quality)

    def network(self) -> nn.Module:
        """The model with its published weights."""
        from mien.networks.words import text_network

        return text_network(self._use)

    @property
    def settings(self) -> dict[str, object]:
        """The arguments that rebuild this encoder, without the tokenizer (see ``assets``)."""
        return {**super().settings, "tokens": self.tokens, "context": self.context}

    @property
    def assets(self) -> Mapping[str, Path]:
        """The file of the tokenizer."""
        return {"tokenizer": self._path}

    @property
    def identity(self) -> dict[str, object]:
        """What the tokens depend on; the use of the model is not part of it."""
        sha = file_sha256(self._path)
        return {"version": self.version, "tokenizer": sha, "tokens": self.tokens, "context": self.context}

    @cached_property
    def _path(self) -> Path:
        if self._given_tokenizer:
            return Path(self._given_tokenizer)
        remedy = "save_pretrained() its AutoTokenizer to a folder with the model, where one is written"
        return needed_file(self.model, "tokenizer.json", remedy)
