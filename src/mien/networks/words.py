"""Pretrained models of text."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from mien.networks.pretrained import Pretrained, Use, load, pool, read_layers, seen


def text_network(use: Use) -> Pretrained:
    """Tokens int64 (B, T, 2), their ids and a 1 for each of the utterance itself -> states (B, T', D)."""
    trunk = TextTrunk(load(use), use)
    return Pretrained(trunk, trunk.dim, use)


class TextTrunk(nn.Module):
    """Layers of a text model side by side.

    Pooling: "none", "mean" (all tokens), "utterance" (its own tokens only), "first" ([CLS]) or "last".
    """

    def __init__(self, model: nn.Module, use: Use) -> None:
        super().__init__()
        self.model, self.layers, self.pooling = model, use.layers, use.pooling
        config = model.config
        self.dim = int(config.hidden_size)  # type: ignore[union-attr, arg-type]  # a transformers config
        self.tokens = Tokens(config)

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """States of the chosen layers, one per token or pooled."""
        own = mask & (values[..., 1] == 1)
        out = self.model(**self.tokens(values, mask), output_hidden_states=True)
        states = torch.cat(read_layers(out.hidden_states, out.last_hidden_state, self.layers), dim=-1)
        return pool(states, own if self.pooling == "utterance" else mask, self.pooling)


class Tokens(nn.Module):
    """Tokens (B, T, 2) and their mask as the arguments that a text model takes."""

    def __init__(self, config: Any) -> None:
        super().__init__()
        self.pad = int(getattr(config, "pad_token_id", None) or 0)
        self.kinds = int(getattr(config, "type_vocab_size", 0) or 0)

    def forward(self, values: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """Ids, attention mask, and for models of pairs which text a token belongs to."""
        shown = seen(mask)
        own = mask & (values[..., 1] == 1)
        given = {"input_ids": values[..., 0].masked_fill(~mask, self.pad), "attention_mask": shown.long()}
        if self.kinds > 1:
            # BERT marks the tokens of a second text with 1. An utterance without context is a first text.
            pair = (mask & ~own).any(dim=1, keepdim=True)
            given["token_type_ids"] = (own & pair).long()
        return given
