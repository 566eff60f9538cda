"""Multilingual E5 (small) with the vocabulary of English and Chinese. The weights are a data file of an installed package."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from mien.errors import InputError
from mien.networks.e5_file import E5File, weights_file
from mien.networks.pretrained import say_less, seen
from mien.types import Float32

_PARTS = {
    "attention.self.query": "q",
    "attention.self.key": "k",
    "attention.self.value": "v",
    "attention.output.dense": "ao",
    "intermediate.dense": "fi",
    "output.dense": "fo",
}
_NORMS = {"attention.output.LayerNorm": "aln", "output.LayerNorm": "oln"}


class E5(nn.Module):
    """Twelve transformer layers over pieces of words: ids int64 (B, T), mask bool (B, T) -> states (B, T, 384).

    The network is that of multilingual-e5-small (Wang et al. 2024, arXiv 2402.05672), which is trained to give the meaning of
    a text as the mean of these states.

    Args:
        pieces: the vocabulary in the order of the ids; each piece must be one of the published vocabulary.
        dropout: share of states and of attention that is dropped in training.
        frozen: how many of the lower layers never learn. The embeddings of the pieces never learn either where it is not 0.

    Raises:
        InputError: the package with the weights is not installed, it lacks a piece, or there are fewer layers.
    """

    def __init__(self, pieces: Sequence[str], dropout: float, frozen: int) -> None:
        super().__init__()
        from transformers import BertConfig, BertModel

        say_less()
        file = E5File.read(weights_file())
        if not 0 <= frozen <= file.sizes.layers:
            raise InputError(f"E5 has {file.sizes.layers} layers; {frozen} of them cannot be frozen")
        config = BertConfig(
            vocab_size=len(pieces),
            hidden_size=file.sizes.hidden,
            num_hidden_layers=file.sizes.layers,
            num_attention_heads=file.sizes.heads,
            intermediate_size=file.sizes.inner,
            max_position_embeddings=file.sizes.positions,
            type_vocab_size=file.sizes.kinds,
            layer_norm_eps=file.sizes.epsilon,
            pad_token_id=pieces.index("<pad>"),
            hidden_dropout_prob=dropout,
            attention_probs_dropout_prob=dropout,
        )
        config._attn_implementation = "eager"  # in bfloat16 on a processor it is 1.7 times as fast as "sdpa"
        self.bert = BertModel(config, add_pooling_layer=False)
        self.bert.load_state_dict(weights(file, pieces))
        self.dim = file.sizes.hidden
        if frozen:
            for part in (self.bert.embeddings, *self.bert.encoder.layer[:frozen]):
                part.requires_grad_(False)

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """One state per token; states at masked places have no meaning."""
        states: Tensor = self.bert(input_ids=values, attention_mask=seen(mask).long()).last_hidden_state
        return states


def weights(file: E5File, pieces: Sequence[str]) -> dict[str, Tensor]:
    """The weights under the names of ``transformers.BertModel``, with the embeddings of some pieces.

    Raises:
        InputError: the file lacks a piece.
    """
    places = {piece: i for i, piece in enumerate(file.pieces)}
    if unknown := [piece for piece in pieces if piece not in places]:
        raise InputError(f"multilingual E5 has no piece '{unknown[0]}'; take the tokenizer that comes with mien")
    size = file.sizes
    rows = np.asarray([places[piece] for piece in pieces], np.int64)
    found: dict[str, Float32] = {
        "embeddings.word_embeddings.weight": file.matrix("emb.word", size.hidden, rows),
        "embeddings.position_embeddings.weight": file.vector("emb.pos").reshape(size.positions, size.hidden),
        "embeddings.token_type_embeddings.weight": file.vector("emb.type").reshape(size.kinds, size.hidden),
        "embeddings.LayerNorm.weight": file.vector("emb.ln.w"),
        "embeddings.LayerNorm.bias": file.vector("emb.ln.b"),
    }
    for layer in range(size.layers):
        for name, part in _PARTS.items():
            columns = size.inner if part == "fo" else size.hidden
            found[f"encoder.layer.{layer}.{name}.weight"] = file.matrix(f"l{layer}.{part}.w", columns)
            found[f"encoder.layer.{layer}.{name}.bias"] = file.vector(f"l{layer}.{part}.b")
        for name, part in _NORMS.items():
            found[f"encoder.layer.{layer}.{name}.weight"] = file.vector(f"l{layer}.{part}.w")
            found[f"encoder.layer.{layer}.{name}.bias"] = file.vector(f"l{layer}.{part}.b")
    return {name: torch.from_numpy(values) for name, values in found.items()}
