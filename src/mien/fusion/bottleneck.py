"""A stream for each modality, and a few tokens through which the streams exchange information."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from mien.errors import RecipeError
from mien.fusion._blocks import Block, Readout, Tokens, equal_shares
from mien.fusion.base import Fused, Fusion, fusions, present
from mien.types import Modality, Task


@fusions.register
class Bottleneck(Fusion):
    """Multimodal bottleneck transformer (Nagrani et al. 2021, arXiv 2107.00135).

    Each modality has a stream of its own. In every layer a stream attends to itself and to a few shared tokens, which gives
    each modality present its own version of the shared tokens. The mean of these versions goes into the next layer. So
    information passes between modalities only through the shared tokens, and it needs two layers to arrive. A modality's
    vector is the mean of its stream at the end (the paper has a classification token). Shares are the weights with which the
    vectors are averaged (``Readout``).

    Args:
        dims, quality, tasks: see ``Fusion``.
        hidden: width of tokens.
        heads: number of heads of each attention; divides ``hidden``.
        layers: number of layers, at least 2.
        dropout: share dropped in training after each part of a layer.
        bottlenecks: number of shared tokens.

    Raises:
        RecipeError: there are fewer than two layers, or ``hidden`` is not a multiple of ``heads``.
    """

    def __init__(
        self,
        dims: Mapping[Modality, int],
        quality: Mapping[Modality, int],
        tasks: Sequence[Task],
        hidden: int = 64,
        heads: int = 4,
        layers: int = 2,
        dropout: float = 0.2,
        bottlenecks: int = 4,
    ) -> None:
        super().__init__(dims, quality, tasks)
        if layers < 2:
            raise RecipeError(
                f"a bottleneck needs at least 2 layers for modalities to hear of one another, not {layers}"
            )
        self.dim = hidden
        self.tokens = Tokens(dims, hidden)
        self.shared = nn.Parameter(0.02 * torch.randn(1, bottlenecks, hidden))
        self.layers = nn.ModuleList(_Layer(len(dims), hidden, heads, dropout) for _ in range(layers))
        self.readout = Readout(hidden, dropout)

    def forward(self, states: list[Tensor], masks: list[Tensor], quality: list[Tensor], times: list[Tensor]) -> Fused:
        """Join through the shared tokens."""
        streams = self.tokens(states, masks, times)
        # len() would become a constant in an exported graph.
        shared = self.shared.expand(streams[0].shape[0], -1, -1)
        for layer in self.layers:
            streams, shared = layer(streams, masks, shared)
        fused: Fused = self.readout(streams, masks)
        return fused


class _Layer(nn.Module):
    """A block for each stream with the shared tokens behind it."""

    def __init__(self, count: int, hidden: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(Block(hidden, heads, dropout) for _ in range(count))

    def forward(self, streams: list[Tensor], masks: list[Tensor], shared: Tensor) -> tuple[list[Tensor], Tensor]:
        """New streams (B, T_m, D) and new shared tokens (B, S, D)."""
        always = torch.ones_like(shared[..., 0], dtype=torch.bool)
        after, versions = [], []
        for block, stream, mask in zip(self.blocks, streams, masks, strict=True):
            both = torch.cat([stream, shared], dim=1)
            both = block(both, both, torch.cat([mask, always], dim=1))
            after.append(both[:, : stream.shape[1]])
            versions.append(both[:, stream.shape[1] :])
        shares = equal_shares(present(masks))
        return after, (shares[..., None, None] * torch.stack(versions, dim=1)).sum(dim=1)
