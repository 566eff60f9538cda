"""Attention from every modality to every other one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from mien.fusion._blocks import Readout, Stack, Tokens
from mien.fusion.base import Fused, Fusion, fusions
from mien.types import Modality, Task


@fusions.register
class CrossModal(Fusion):
    """Multimodal transformer (MulT, Tsai et al. 2019, arXiv 1906.00295): directional attention between unaligned sequences.

    For every pair, the sequence of a target attends ``layers`` times to that of a source. The results are averaged over the
    sources present; the paper puts them side by side, which has no place for absence. A target that is alone stays as it was.
    Then each sequence attends to itself once. A modality's vector is the mean over time. Shares are the weights with which
    the vectors are averaged (``Readout``).

    Args:
        dims, quality, tasks: see ``Fusion``.
        hidden: width of tokens.
        heads: number of heads of each attention; divides ``hidden``.
        layers: how many times a target attends to a source.
        dropout: share dropped in training after each part of a layer.

    Raises:
        RecipeError: ``hidden`` is not a multiple of ``heads``.
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
    ) -> None:
        super().__init__(dims, quality, tasks)
        self.dim = hidden
        self.tokens = Tokens(dims, hidden)
        self.pairs = nn.ModuleDict(
            {
                f"{source}_{target}": Stack(hidden, heads, layers, dropout)
                for source in dims
                for target in dims
                if source != target
            }
        )
        self.own = nn.ModuleList(Stack(hidden, heads, 1, dropout) for _ in dims)
        self.readout = Readout(hidden, dropout)

    def forward(self, states: list[Tensor], masks: list[Tensor], quality: list[Tensor], times: list[Tensor]) -> Fused:
        """Join by attention from each to each."""
        tokens = self.tokens(states, masks, times)
        sequences = []
        for index, (own, mask) in enumerate(zip(self.own, masks, strict=True)):
            sequences.append(own(self._heard(index, tokens, masks), mask))
        fused: Fused = self.readout(sequences, masks)
        return fused

    def _heard(self, target: int, tokens: list[Tensor], masks: list[Tensor]) -> Tensor:
        """The target's tokens after attention to all sources, (B, T, D)."""
        total, count = torch.zeros_like(tokens[target]), torch.zeros_like(tokens[target][:, :1, :1])
        for source, name in enumerate(self.modalities):
            if source == target:
                continue
            stack = self.pairs[f"{name}_{self.modalities[target]}"]
            sequence = stack(tokens[target], masks[source], tokens[source])
            here = masks[source].any(dim=1)[:, None, None]
            total, count = total + torch.where(here, sequence, 0.0), count + here
        return torch.where(count > 0, total / count.clamp(min=1), tokens[target])
