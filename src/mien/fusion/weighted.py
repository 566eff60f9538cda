"""A learned weighted sum of the modalities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from mien.fusion._blocks import Vectors, joint, softmax_shares
from mien.fusion.base import Fused, Fusion, fusions, present
from mien.types import Modality, Task


@fusions.register
class WeightedSum(Fusion):
    """Mean over time and a linear map per modality, their sum with learned weights, then a nonlinear layer.

    Each modality has one weight for all examples, as layers have in ELMo (Peters et al. 2018, arXiv 1802.05365). The weights
    are a softmax over the modalities present, so those of the others grow where one is absent. Shares are these weights.

    Args:
        dims, quality, tasks: see ``Fusion``.
        hidden: width of the maps and of the joint layer.
        dropout: share of the joint layer's input dropped in training.
    """

    def __init__(
        self,
        dims: Mapping[Modality, int],
        quality: Mapping[Modality, int],
        tasks: Sequence[Task],
        hidden: int = 128,
        dropout: float = 0.2,
    ) -> None:
        super().__init__(dims, quality, tasks)
        self.dim = hidden
        self.vectors = Vectors(dims, hidden)
        self.scores = nn.Parameter(torch.zeros(len(dims)))
        self.joint = joint(hidden, hidden, dropout)

    def forward(self, states: list[Tensor], masks: list[Tensor], quality: list[Tensor], times: list[Tensor]) -> Fused:
        """Join by a weighted sum."""
        here = present(masks)
        shares = softmax_shares(self.scores.expand(here.shape), here)
        mixed = shares.unsqueeze(1) @ self.vectors(states, masks)
        return Fused(self.joint(mixed.squeeze(1)), shares)
