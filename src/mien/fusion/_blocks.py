"""What the fusions are built of: maps to one width, attention that knows absence, and shares."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from mien.errors import RecipeError
from mien.fusion.base import Fused, present
from mien.networks.pooled import pooled
from mien.types import Modality

_NEVER = -1e4  # a score whose exponential is 0, in half precision too
_PERIODS = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 100.0)  # seconds


def blank(states: Tensor, mask: Tensor) -> Tensor:
    """Zeros where nothing is, whatever stands there: (B, T, D), (B, T) -> (B, T, D)."""
    return torch.where(mask.unsqueeze(-1), states, torch.zeros_like(states))


def equal_shares(here: Tensor) -> Tensor:
    """The same for every modality present: bool (B, M) -> (B, M)."""
    return here / here.sum(dim=1, keepdim=True).clamp(min=1)


def softmax_shares(scores: Tensor, here: Tensor) -> Tensor:
    """Softmax over the modalities present: (B, M), bool (B, M) -> (B, M)."""
    return scores.masked_fill(~here, _NEVER).softmax(dim=-1) * here


def size_shares(parts: Tensor, here: Tensor) -> Tensor:
    """Mean size of each modality's part of a sum, normalised: (B, M, D), bool (B, M) -> (B, M)."""
    size = (parts.abs().mean(dim=-1) + 1e-6) * here
    return size / size.sum(dim=1, keepdim=True).clamp(min=1e-12)


def joint(size: int, hidden: int, dropout: float) -> nn.Sequential:
    """The nonlinear layer in which what modalities say together can differ from the sum of what each says."""
    return nn.Sequential(nn.Dropout(dropout), nn.Linear(size, hidden), nn.GELU())


class Vectors(nn.Module):
    """Mean over time and a linear map for each modality: states, masks -> (B, M, hidden), zeros where absent."""

    def __init__(self, dims: Mapping[Modality, int], hidden: int) -> None:
        super().__init__()
        self.maps = nn.ModuleList(nn.Linear(dim, hidden) for dim in dims.values())

    def forward(self, states: list[Tensor], masks: list[Tensor]) -> Tensor:
        """Lists as in ``Fusion.forward``."""
        vectors = [f(pooled(s, k)) for f, s, k in zip(self.maps, states, masks, strict=True)]
        return blank(torch.stack(vectors, dim=1), present(masks))


class Tokens(nn.Module):
    """Every state as a token (B, T_m, hidden) that says of which modality and of when it is.

    Time is sines and cosines of seconds (Vaswani et al. 2017, arXiv 1706.03762, with seconds in place of positions), mixed by
    a learned map (as in Time2Vec, Kazemi et al. 2019, arXiv 1907.05321): modalities sampled at different rates meet.
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
    """Attention of several heads (Vaswani et al. 2017, arXiv 1706.03762); where no key is present it gives zeros.

    Written out in products and a softmax, so that exported graphs compute the same everywhere.

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
        """What ``states`` (B, T, D) find in ``memory`` (B, S, D) where ``mask`` (B, S) is true: (B, T, D)."""
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
    """Attention and two layers for each token, each on normalised input and added to it (Xiong et al. 2020, 2002.04745)."""

    def __init__(self, hidden: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(hidden) for _ in range(3))
        self.attention = Attention(hidden, heads)
        self.each = nn.Sequential(nn.Linear(hidden, 2 * hidden), nn.GELU(), nn.Linear(2 * hidden, hidden))
        self.dropout = nn.Dropout(dropout)

    def forward(self, states: Tensor, memory: Tensor, mask: Tensor) -> Tensor:
        """See ``Attention``; with ``memory`` the states themselves it is self-attention."""
        found = self.attention(self.norms[0](states), self.norms[1](memory), mask)
        states = states + self.dropout(found)
        result: Tensor = states + self.dropout(self.each(self.norms[2](states)))
        return result


class Stack(nn.Module):
    """Blocks one after the other: (B, T, D) -> (B, T, D).

    With ``memory`` every block looks at that; without, at what the last one gave (self-attention).
    """

    def __init__(self, hidden: int, heads: int, layers: int, dropout: float) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(Block(hidden, heads, dropout) for _ in range(layers))

    def forward(self, states: Tensor, mask: Tensor, memory: Tensor | None = None) -> Tensor:
        """``mask`` is that of what is looked at."""
        for block in self.blocks:
            states = block(states, states if memory is None else memory, mask)
        return states


class Readout(nn.Module):
    """One vector from one per modality: their mean by weights that each vector asks for, then a nonlinear layer.

    The weights are the shares.
    """

    def __init__(self, hidden: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(hidden)
        self.score = nn.Linear(hidden, 1)
        self.joint = joint(hidden, hidden, dropout)

    def forward(self, sequences: list[Tensor], masks: list[Tensor]) -> Fused:
        """Sequences (B, T_m, D) of each modality, mean over time first."""
        vectors = self.norm(torch.stack([pooled(s, k) for s, k in zip(sequences, masks, strict=True)], dim=1))
        shares = softmax_shares(self.score(vectors).squeeze(-1), present(masks))
        return Fused(self.joint((shares.unsqueeze(-1) * vectors).sum(dim=1)), shares)
