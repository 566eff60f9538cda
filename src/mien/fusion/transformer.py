"""One stream of tokens for all modalities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from mien.fusion._blocks import Readout, Stack, Tokens
from mien.fusion.base import Fused, Fusion, fusions
from mien.types import Modality, Task


@fusions.register
class OneStream(Fusion):
    """A transformer over the states of all modalities in one sequence, each marked with its modality and its time.

    This is the single-stream design of VisualBERT (Li et al. 2019, arXiv 1908.03557), with seconds in place of positions, so
    nothing has to be aligned first. A modality's vector is the mean of its tokens after the last layer. Shares are the
    weights with which the vectors are averaged (``Readout``).

    Args:
        dims, quality, tasks: see ``Fusion``.
        hidden: width of tokens.
        heads: number of heads of each attention; divides ``hidden``.
        layers: number of layers of self-attention over all tokens.
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
        self.stack = Stack(hidden, heads, layers, dropout)
        self.readout = Readout(hidden, dropout)

    def forward(self, states: list[Tensor], masks: list[Tensor], quality: list[Tensor], times: list[Tensor]) -> Fused:
        """Join in one stream."""
        stream = self.stack(torch.cat(self.tokens(states, masks, times), dim=1), torch.cat(masks, dim=1))
        fused: Fused = self.readout(torch.split(stream, [m.shape[1] for m in masks], dim=1), masks)
        return fused
