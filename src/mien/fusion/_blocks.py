"""Building blocks of the fusions: maps to one width, attention that respects absence, and shares."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from mien.errors import RecipeError
from mien.fusion.base import Fused, present
from mien.networks.pooled import pooled
from mien.types import Modality

_NEVER = -1e4  # a score whose exponential is 0, even in half precision
_PERIODS = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 100.0)  # seconds


def blank(states: Tensor, mask: Tensor) -> Tensor:
    """The states with zeros where the mask is false, even in place of NaN: (B, T, D), bool (B, T) -> (B, T, D)."""
    return torch.where(mask.unsqueeze(-1), states, torch.zeros_like(states))


def equal_shares(here: Tensor) -> Tensor:
    """The same share for every modality present, 0 for the others: bool (B, M) -> (B, M)."""
    return here / here.sum(dim=1, keepdim=True).clamp(min=1)


def softmax_shares(scores: Tensor, here: Tensor) -> Tensor:
    """Softmax over the modalities present, 0 for the others: (B, M), bool (B, M) -> (B, M)."""
    return scores.masked_fill(~here, _NEVER).softmax(dim=-1) * here


def size_shares(parts: Tensor, here: Tensor) -> Tensor:
    """Mean size of each modality's part of a sum, normalised: (B, M, D), bool (B, M) -> (B, M)."""
    size = (parts.abs().mean(dim=-1) + 1e-6) * here
    return size / size.sum(dim=1, keepdim=True).clamp(min=1e-12)


def joint(size: int, hidden: int, dropout: float) -> nn.Sequential:
    """A nonlinear layer: after it, the answer to several modalities can differ from the sum of their single answers."""
    return nn.Sequential(nn.Dropout(dropout), nn.Linear(size, hidden), nn.GELU())


class Vectors(nn.Module):
    """A linear map of each modality's mean over time: states, masks -> (B, M, hidden), zeros where absent."""

    def __init__(self, dims: Mapping[Modality, int], hidden: int) -> None:
        super().__init__()
        self.maps = nn.ModuleList(nn.Linear(dim, hidden) for dim in dims.values())

    def forward(self, states: list[Tensor], masks: list[Tensor]) -> Tensor:
        """Lists as in ``Fusion.forward``."""
        vectors = [f(pooled(s, k)) for f, s, k in zip(self.maps, states, masks, strict=True)]
        return blank(torch.stack(vectors, dim=1), present(masks))


class Tokens(nn.Module):
    """Every state as a token (B, T_m, hidden) that holds its modality and its time.

    Time is coded as sines and cosines of seconds (Vaswani et al. 2017, arXiv 1706.03762, with seconds in place of positions),
    mixed by a learned map (as in Time2Vec, Kazemi et al. 2019, arXiv 1907.05321). So modalities with different rates can be
    matched in time.
    """

    rates: Tensor

    def __init__(self, dims: Mapping[Modality, int], hidden: int) -> None:
        super().__init__()
        # The bias of each map is the modality's embedding.
        self.maps = nn.ModuleList(nn.Linear(dim, hidden) for dim in dims.values())
        self.when = nn.Linear(2 * len(_PERIODS), hidden, bias=False)
        self.register_buffer("rates", 2 * math.pi / torch.tensor(_PERIODS))

    def forward(self, states: list[Tensor], masks: list[Tensor], times: list[Tensor]) -> list[Tensor]:
        """Lists as in ``Fusion.forward``."""
        return [f(blank(s, k)) + self._time(t, k) for f, s, k, t in zip(self.maps, states, masks, times, strict=True)]

    def _time(self, times: Tensor, mask: Tensor) -> Tensor:
        angles = blank(times.unsqueeze(-1), mask) * self.rates
        code: Tensor = self.when(torch.cat([angles.sin(), angles.cos()], dim=-1))
        return code


class Attention(nn.Module):
    """Attention with several heads (Vaswani et al. 2017, arXiv 1706.03762); it gives zeros where no key is present.

    It is written out as products and a softmax, so that exported graphs compute the same everywhere.

    Raises:
        RecipeError: ``hidden`` is not a multiple of ``heads``.
    """

    def __init__(self, hidden: int, heads: int) -> None:
        super().__init__()
        if hidden % heads:
            raise RecipeError(f"{heads} heads cannot share {hidden} values; make hidden a multiple of heads")
        self.heads = heads
        self.query = nn.Linear(hidden, hidden)
        self.memory = nn.Linear(hidden, 2 * hidden)
        self.out = nn.Linear(hidden, hidden)

    def forward(self, states: Tensor, memory: Tensor, mask: Tensor) -> Tensor:
        """Attend from ``states`` (B, T, D) to ``memory`` (B, S, D), where ``mask`` bool (B, S) is true: (B, T, D)."""
        query = self._split(self.query(states))
        keys, values = (self._split(part) for part in self.memory(memory).chunk(2, dim=-1))
        scores = query @ keys.transpose(-1, -2) / math.sqrt(query.shape[-1])
        shares = scores.masked_fill(~mask[:, None, None, :], _NEVER).softmax(dim=-1)
        found: Tensor = self.out((shares @ values).transpose(1, 2).flatten(2))
        return blank(found, mask.any(dim=1, keepdim=True))

    def _split(self, states: Tensor) -> Tensor:
        """(B, T, D) -> (B, heads, T, D / heads)."""
        return states.reshape(*states.shape[:2], self.heads, -1).transpose(1, 2)


class Block(nn.Module):
    """Attention, then two linear layers for each token, both residual with layer norm before them.

    This is the pre-norm transformer layer (Xiong et al. 2020, arXiv 2002.04745).
    """

    def __init__(self, hidden: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(hidden) for _ in range(3))
        self.attention = Attention(hidden, heads)
        self.each = nn.Sequential(nn.Linear(hidden, 2 * hidden), nn.GELU(), nn.Linear(2 * hidden, hidden))
        self.dropout = nn.Dropout(dropout)

    def forward(self, states: Tensor, memory: Tensor, mask: Tensor) -> Tensor:
        """See ``Attention``. Where ``memory`` is ``states``, this is self-attention."""
        found = self.attention(self.norms[0](states), self.norms[1](memory), mask)
        states = states + self.dropout(found)
        result: Tensor = states + self.dropout(self.each(self.norms[2](states)))
        return result


class Stack(nn.Module):
    """Blocks one after the other: (B, T, D) -> (B, T, D).

    Every block attends to ``memory``. Without it, a block attends to the output of the block before (self-attention).
    """

    def __init__(self, hidden: int, heads: int, layers: int, dropout: float) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(Block(hidden, heads, dropout) for _ in range(layers))

    def forward(self, states: Tensor, mask: Tensor, memory: Tensor | None = None) -> Tensor:
        """Run the blocks. ``mask`` is that of ``memory``, or of ``states`` where there is no memory."""
        for block in self.blocks:
            states = block(states, states if memory is None else memory, mask)
        return states


class Readout(nn.Module):
    """One vector from one per modality: their weighted mean, then a nonlinear layer.

    The weight of a modality follows from its vector. The weights are the shares.
    """

    def __init__(self, hidden: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(hidden)
        self.score = nn.Linear(hidden, 1)
        self.joint = joint(hidden, hidden, dropout)

    def forward(self, sequences: list[Tensor], masks: list[Tensor]) -> Fused:
        """Join the sequences (B, T_m, D) of the modalities, each as its mean over time."""
        vectors = self.norm(torch.stack([pooled(s, k) for s, k in zip(sequences, masks, strict=True)], dim=1))
        shares = softmax_shares(self.score(vectors).squeeze(-1), present(masks))
        return Fused(self.joint((shares.unsqueeze(-1) * vectors).sum(dim=1)), shares)
